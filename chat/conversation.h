#pragma once

#include "chat/history.h"
#include "core/contracts/talk.h"

#include <QHash>

namespace hawser::chat {

class Contacts;
class Route;
struct Transfer;

/// What was said with whom. It is kept in the History; here is only what is not read, and what is under way.
class Conversations : public QObject {
    Q_OBJECT

public:
    /// All references outlive this. \param served  gets `chat/1`
    Conversations(const QString &folder, const Contacts &contacts, const Route &route, Commands &served);
    ~Conversations() override;

    /// Empty: what is said is kept on disk. Else why not, for people.
    QString trouble() const;

    /// `done(Result<Page>)`, never when context is gone by then.
    template <typename Done>
    void page(const PageWish &wish, QObject *context, Done done)
    {
        m_history.read(
            context, [wish](Database &database) { return history::page(database, wish); }, std::move(done));
    }
    /// `done(Result<QList<quint64>>)`: ids of messages that have these words, newest first.
    template <typename Done>
    void search(const PublicKey &with, const QString &words, int most, QObject *context, Done done)
    {
        m_history.read(
            context, [=](Database &database) { return history::search(database, with, words, most); }, std::move(done));
    }

    int unread(const PublicKey &with) const;
    int unread() const;
    /// All that came from them has been seen by a person.
    void markRead(const PublicKey &with);

    /// Says something; `added` comes at once, the rest as `changed`.
    /// \retval InvalidArgument  empty, or longer than limits::chatBytes of UTF-8
    Result<quint64> say(const PublicKey &with, const QString &text);
    void tryAgain(quint64 id);
    void notice(const PublicKey &with, const QString &sentence);
    void addTransfer(const Transfer &transfer);
    /// Keeps what has become of it.
    void keepTransfer(const Transfer &transfer);

signals:
    void added(const hawser::chat::Entry &entry); ///< theirs when it is on disk, mine at once
    void changed(const hawser::chat::Entry &entry);
    void unreadChanged(const hawser::PublicKey &with);
    void troubleChanged();

private:
    struct Talk {
        int unread = 0;
        quint64 last = 0; ///< id of the newest entry
        QList<QByteArray> heard; ///< ids of theirs, the newest few
    };
    void add(const Entry &entry);
    void addWhenKept(const Entry &entry);
    void came(const Entry &entry);
    void send(const Entry &entry);
    void setState(Entry entry, Entry::State state, const QString &sentence);
    void hear(const contracts::Chat::Request &request, const PublicKey &from, const Reply<contracts::Chat> &reply);

    History m_history;
    const Contacts &m_contacts;
    const Route &m_route;
    QHash<PublicKey, Talk> m_talks;
};

} // namespace hawser::chat
