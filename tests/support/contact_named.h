#pragma once

#include "chat/contacts.h"
#include "core/identity.h"

namespace hawser::test {

/// Somebody with a key of their own, who may nothing.
inline chat::Contact contactNamed(const QString &claim)
{
    chat::Contact contact;
    contact.key = Identity::generate().key();
    contact.claim = claim;
    return contact;
}

} // namespace hawser::test
