#include "chat/grant.h"

namespace hawser::chat {

QString name(Right right)
{
    return right == Right::Messages ? QStringLiteral("messages") : QStringLiteral("files");
}

QStringList names(Rights rights)
{
    QStringList list;
    for (const Right right : { Right::Messages, Right::Files })
        if (rights & right)
            list << name(right);
    return list;
}

Rights rightsFromNames(const QStringList &names)
{
    Rights rights;
    for (const Right right : { Right::Messages, Right::Files })
        rights.setFlag(right, names.contains(name(right)));
    return rights;
}

} // namespace hawser::chat
