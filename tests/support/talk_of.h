#pragma once

#include "chat/person.h"

#include <QTest>

namespace hawser::test {

/// What was said with somebody, as it is kept; oldest first.
inline QList<chat::Entry> talkOf(chat::Person &person, const PublicKey &with)
{
    std::optional<Result<chat::Page>> page;
    QObject context;
    person.conversations().page({ with, chat::PageWish::From::Newest, 0, 1000 }, &context,
        [&page](const Result<chat::Page> &found) { page = found; });
    const bool came = QTest::qWaitFor([&] { return page.has_value(); });
    return came && *page ? (*page)->entries : QList<chat::Entry>();
}

inline chat::Entry lastEntry(chat::Person &person, const PublicKey &with)
{
    const QList<chat::Entry> entries = talkOf(person, with);
    return entries.isEmpty() ? chat::Entry() : entries.last();
}

} // namespace hawser::test
