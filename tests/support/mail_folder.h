#pragma once

#include "chat/messages.h"

#include <QTemporaryDir>

namespace hawser::test {

using namespace hawser::chat;

inline PublicKey somebody(const char *hex)
{
    return *PublicKey::fromHex(QString::fromLatin1(hex)); // RFC 8032, 7.1
}

inline const PublicKey ana = somebody("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
inline const PublicKey bea = somebody("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
inline const QByteArray anasLaptop("laptop-a");
inline const QByteArray anasPhone("phone--a");
inline const QByteArray beasLaptop("laptop-b");

inline const PublicKey home = somebody("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
inline const MailSequence toAnas = messages::sequenceToMine(ana, home);

/// A data folder's database, which may be opened again.
struct Folder {
    QTemporaryDir folder;
    std::unique_ptr<Database> database;
    quint64 lastId = 0;
    messages::People people {};

    Folder() { open(); }
    void open()
    {
        database.reset();
        database = std::move(*Database::open(folder.filePath(QStringLiteral("chat.sqlite")), messages::steps()));
    }
    Database &operator*() { return *database; }

    Entry say(const PublicKey &with, const QString &text, const messages::Myself &me)
    {
        Entry entry;
        entry.id = ++lastId;
        entry.with = with;
        entry.mine = true;
        entry.text = text;
        entry.at = 1000;
        return *messages::say(*database, entry, me);
    }
    /// All that waits for them, as one run.
    Outbox::Run waiting(const PublicKey &with) { return waiting(messages::sequenceTo(with)); }
    Outbox::Run waiting(const MailSequence &sequence)
    {
        Outbox::Run all;
        const auto runs = Outbox(*database).pending(sequence, 0, 1 << 20);
        for (const Outbox::Run &run : *runs) {
            all.first = all.first ? all.first : run.first;
            all.items += run.items;
            all.count += run.count;
        }
        return all;
    }
    Result<messages::News> take(const MailSource &source, const Outbox::Run &run, const messages::Myself &me,
        bool direct = false, bool allowed = true)
    {
        messages::Arrival arrival { source, run.first, run.items };
        arrival.direct = direct;
        arrival.isAllowed = allowed;
        arrival.nextId = [this] { return ++lastId; };
        arrival.now = 2000;
        arrival.me = me;
        arrival.people = people;
        return messages::take(*database, arrival);
    }
    /// Ana hears all that Bea's laptop says to her.
    Result<messages::News> hearBea(Folder &beas, const messages::Myself &me, bool direct = false);
    /// "text/state" of all with them.
    QStringList shown(const PublicKey &with)
    {
        static const char *const names[] = { "", "saving", "queued", "at broker", "delivered", "read", "not sent" };
        QStringList lines;
        const Result<Page> page = history::page(*database, { with, PageWish::From::Newest });
        for (const Entry &entry : page->entries)
            lines << (entry.mine ? entry.text + QLatin1Char('/') + QLatin1String(names[int(entry.state)]) : entry.text);
        return lines;
    }
};

inline MailSource from(const PublicKey &sender, const QByteArray &device, const PublicKey &recipient)
{
    return { sender, device, recipient, messages::sequenceTo(recipient).conversation };
}

inline Result<messages::News> Folder::hearBea(Folder &beas, const messages::Myself &me, bool direct)
{
    return take(from(bea, beasLaptop, ana), beas.waiting(ana), me, direct);
}

} // namespace hawser::test
