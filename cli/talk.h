#pragma once

#include "cli/parcels.h"
#include "cli/questions.h"

namespace hawser::cli {

/// The terminal chat: what others say and ask is shown, what is typed is said, sent, run or answered.
class Talk : public QObject {
    Q_OBJECT

public:
    Talk(Session &session, Printer &printer, QObject *parent = nullptr);

    Questions &questions() { return m_questions; }
    /// \param who  whose messages; empty: everybody's
    void start(const QString &who);
    /// Gives the terminal back.
    void stop();
    /// Whom the typed lines go to.
    void setTarget(const QString &who, const QString &name);

signals:
    void ended(); ///< /quit
    void inputEnded(); ///< the last of what was typed has been delivered or refused
    void failed(const hawser::Error &why);

private:
    void take(const contracts::WatchMessages::In &entry);
    void takeLine(const QString &line);
    void command(const QString &word, const QString &rest);
    void say(const QString &text);
    void changePrompt();
    void seeWhetherDone();

    Session &m_session;
    Printer &m_printer;
    Terminal m_terminal;
    Questions m_questions;
    Parcels m_parcels;
    QString m_target; // a key, or what was typed
    QString m_name;
    QHash<quint64, QString> m_mine; // states of my entries
    int m_saying = 0;
    bool m_inputEnded = false;
};

} // namespace hawser::cli
