#pragma once

#include "desktop/person_models.h"

namespace hawser::desktop {

class MainWindow;
class Tally;

/// Sends what was dropped or chosen: little at once, with a way back; much only after a look at what it is.
class SendDesk : public QObject {
    Q_OBJECT

public:
    static constexpr quint64 fewFiles = 20;
    static constexpr quint64 fewBytes = 100'000'000;
    /// A count that takes longer asks first.
    static constexpr auto patience = std::chrono::milliseconds(250);

    /// All outlive this.
    SendDesk(chat::Person &person, PersonModels &models, MainWindow &window, QObject *parent);

    /// \param paths  absolute paths of this machine
    void send(const PublicKey &key, const QStringList &paths);

private:
    void ask(const PublicKey &key, const QStringList &paths, Tally *tally);
    void sendAtOnce(const PublicKey &key, const QStringList &paths, quint64 files);
    std::optional<QByteArray> start(const PublicKey &key, const QStringList &paths, const QString &note);

    chat::Person &m_person;
    PersonModels &m_models;
    MainWindow &m_window;
};

} // namespace hawser::desktop
