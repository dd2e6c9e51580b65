#pragma once

#include "chat/calls.h"
#include "chat/post.h"
#include "chat/stored.h"

#include <QHash>

namespace hawser::chat {

class Route;
struct Transfer;

/// What was said with whom. It is kept in the History; here is only what is not read, and what is under way.
class Conversations : public QObject {
    Q_OBJECT

public:
    /// All references outlive this. \param served  gets `mail.post/1`
    Conversations(const Me &me, const Contacts &contacts, const Brokers &brokers, const Direct &direct,
        const Route &route, Commands &served);
    ~Conversations() override;

    /// What is kept, and who carries it; for Transfers, whose durable offers lie there too.
    History &history() { return m_history; }
    Post &post() { return m_post; }
    /// Empty: what is said is kept on disk. Else why not, for people.
    QString trouble() const;
    Calls &calls() { return m_calls; }

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

    /// `done(Result<messages::Stored>)`. \pre trouble().isEmpty()
    template <typename Done>
    void stored(QObject *context, Done done)
    {
        m_history.read(context, &messages::stored, std::move(done));
    }

    int unread(const PublicKey &with) const;
    int unread() const;
    /// How many messages or receipts of theirs have not come although later ones have, since this program runs.
    quint64 waitingFor(const PublicKey &with) const;
    /// All that came from them has been seen by a person.
    void markRead(const PublicKey &with);
    /// All entries from the one to the other were seen: read, unless something older still waits to be seen.
    void markShown(const PublicKey &with, quint64 first, quint64 last);

    /// Says something; `added` comes at once, the rest as `changed`.
    /// \retval InvalidArgument  empty, or longer than limits::chatBytes of UTF-8
    Result<quint64> say(const PublicKey &with, const QString &text);
    void tryAgain(quint64 id);
    const Post &post() const { return m_post; }
    void notice(const PublicKey &with, const QString &sentence);
    /// Once: what is added again, because it was kept over a restart, is there.
    void addTransfer(const Transfer &transfer);
    /// Keeps what has become of it.
    void keepTransfer(const Transfer &transfer);

    /// Why what others write cannot be kept now; it waits at the broker, and is tried again by itself. Empty: it can.
    QString diskTrouble() const { return m_post.diskTrouble(); }

signals:
    void added(const hawser::chat::Entry &entry); ///< theirs when it is on disk, mine at once
    void changed(const hawser::chat::Entry &entry);
    void unreadChanged(const hawser::PublicKey &with);
    void waitingForChanged(const hawser::PublicKey &with);
    void troubleChanged(); ///< either

private:
    struct Talk {
        int unread = 0;
        quint64 last = 0; ///< id of the newest entry
        QString obstacle {}; ///< what is said of those that are queued
        QHash<QByteArray, Marks> gaps {}; ///< of those of their devices of which something is missing
    };
    void addWhenKept(const Entry &entry);
    void came(const Entry &entry);
    void tell(const messages::News &news);
    void note(const messages::OutOfTurn &numbers);
    void countAgain(const PublicKey &with);
    void said(const Entry &entry, const Result<Entry> &posted);
    void sayAgain(const Entry &entry);
    void explain(const PublicKey &with);

    const Me &m_me;
    const Contacts &m_contacts;
    const Route &m_route;
    History m_history;
    Calls m_calls;
    Post m_post;
    QHash<quint64, Entry> m_unkept; // mine that could not even be saved
    QHash<PublicKey, Talk> m_talks;
};

} // namespace hawser::chat
