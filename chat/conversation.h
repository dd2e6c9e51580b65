#pragma once

#include "core/contracts/talk.h"

#include <QHash>
#include <QList>

namespace hawser::chat {

class Contacts;
class Route;

/// One line of a conversation.
struct Entry {
    enum class Kind : quint8 { Message = 1, Transfer = 2, Notice = 3, Run = 4 };
    enum class State : quint8 {
        None = 0, ///< theirs, or not a message
        Sending = 1,
        Delivered = 2, ///< their program has it
        NotSent = 3, ///< `sentence` says why; tryAgain
    };

    quint64 id = 0; ///< grows within this process
    Kind kind = Kind::Message;
    bool mine = false;
    QString text; ///< Message: text from others when not mine; Notice: a sentence
    qint64 at = 0; ///< ms since 1970 by this machine's clock
    State state = State::None;
    QString sentence; ///< NotSent: why
    QByteArray transfer; ///< Kind::Transfer: its id
    quint64 run = 0; ///< Kind::Run: its id

    bool operator==(const Entry &) const = default;
};

/// What was said with whom; in memory. Of each conversation the newest 5 000 entries are kept.
class Conversations : public QObject {
    Q_OBJECT

public:
    static constexpr int mostEntries = 5000;

    /// All references outlive this. \param served  gets `chat/1`
    Conversations(const Contacts &contacts, const Route &route, Commands &served);
    ~Conversations() override;

    const QList<Entry> &entries(const PublicKey &key) const;
    QList<PublicKey> keys() const; ///< with whom something was said
    std::optional<Entry> find(const PublicKey &key, quint64 id) const;
    int unread(const PublicKey &key) const;
    int unread() const;
    void markRead(const PublicKey &key);

    /// Says something; away, refused, lost: it stays as NotSent.
    /// \retval InvalidArgument  empty, or longer than limits::chatBytes of UTF-8
    Result<quint64> say(const PublicKey &key, const QString &text);
    void tryAgain(const PublicKey &key, quint64 id);
    void notice(const PublicKey &key, const QString &sentence);
    void addTransfer(const PublicKey &key, const QByteArray &transfer, bool mine);
    void addRun(const PublicKey &key, quint64 run);

signals:
    void added(const hawser::PublicKey &key, const hawser::chat::Entry &entry);
    void changed(const hawser::PublicKey &key, const hawser::chat::Entry &entry);
    void trimmed(const hawser::PublicKey &key, int count); ///< the oldest went
    void unreadChanged(const hawser::PublicKey &key);

private:
    struct Talk {
        QList<Entry> entries;
        QHash<quint64, QByteArray> wireIds; ///< mine that may be said again
        QList<QByteArray> heard; ///< ids of theirs, the newest few
        int unread = 0;
    };
    Entry &add(const PublicKey &key, Entry entry);
    Entry *entry(const PublicKey &key, quint64 id);
    void send(const PublicKey &key, quint64 id);
    void setState(const PublicKey &key, quint64 id, Entry::State state, const QString &sentence);
    Result<contracts::Chat::Reply> hear(const contracts::Chat::Request &request, const PublicKey &from);

    const Contacts &m_contacts;
    const Route &m_route;
    QHash<PublicKey, Talk> m_talks;
    quint64 m_nextId = 1;
};

} // namespace hawser::chat
