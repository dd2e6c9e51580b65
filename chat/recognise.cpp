#include "chat/asks.h"
#include "core/text.h"

namespace hawser::chat {

Recognised recognise(const QString &text)
{
    const QString trimmed = text.trimmed();
    Recognised recognised;
    if (trimmed.isEmpty()) {
        recognised.sentence = QStringLiteral("Paste a link or enter an address.");
        return recognised;
    }
    if (trimmed.startsWith(QLatin1String("hawser:"), Qt::CaseInsensitive)) {
        const Result<Invitation> invitation = Invitation::parse(trimmed);
        if (!invitation) {
            recognised.sentence = invitation.error().sentence;
            return recognised;
        }
        recognised.what = Recognised::What::Link;
        recognised.invitation = *invitation;
        recognised.address = invitation->address;
        recognised.sentence =
            QStringLiteral("Link to %1 (key %2).").arg(visible(invitation->address.text()), invitation->key.words());
        return recognised;
    }
    const Result<Address> address = Address::parse(trimmed);
    if (!address) {
        recognised.sentence = address.error().sentence;
        return recognised;
    }
    recognised.what = Recognised::What::Address;
    recognised.address = *address;
    recognised.sentence = QStringLiteral("Address %1 – you will have to compare a number with the other person.")
                              .arg(visible(address->text()));
    return recognised;
}

} // namespace hawser::chat
