// Whatever somebody else wrote: what is shown holds nothing that acts or hides, stays as it is when it is shown again, and
// addresses and links are read as they were written.
#include "core/location.h"
#include "core/number.h"
#include "core/text.h"

#define HAWSER_ROUNDS 30000
#include "tests/fuzz/fuzz.h"

using namespace hawser;
using fuzz::demand;

namespace {

constexpr int longestName = 64; // graphemes, each of at most 9 characters and shown as a code of 8 at the most
constexpr int nameMost = longestName * 9 * 8 + 1;

bool acts(QChar unit)
{
    return unit.category() == QChar::Other_Control && unit != u'\n' && unit != u'\t';
}

void tryText(const QString &text)
{
    const QString shown = visible(text);
    demand(std::none_of(shown.begin(), shown.end(), [](QChar unit) { return acts(unit) || unit == u'\n'; }),
        "nothing acts in one line");
    demand(visible(shown) == shown, "what is shown stays");
    const QString lines = visibleText(text);
    demand(std::none_of(lines.begin(), lines.end(), acts), "nothing acts in a message");
    const QString name = claimedName(text);
    demand(name.size() <= nameMost && claimedName(name) == name, "a name is short and stays");
    const QByteArray terminal = forTerminal(text);
    demand(!terminal.contains('\x1b') && !terminal.contains('\r'), "a terminal is left alone");
    demand(looksAlike(text, text), "everything looks like itself");
}

void tryLinks(const QString &text)
{
    if (const Result<Address> address = Address::parse(text)) {
        const Result<Address> again = Address::parse(address->text());
        demand(again && *again == *address, "an address stays");
    }
    if (const Result<Invitation> link = Invitation::parse(text)) {
        const Result<Invitation> again = Invitation::parse(link->text());
        demand(again && again->text() == link->text(), "a link stays");
    }
    if (const std::optional<QString> number = readNumber(text))
        demand(number->size() == 6, "a number has six digits");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const QString text =
        QString::fromUtf8(reinterpret_cast<const char *>(data), qsizetype(std::min<size_t>(size, 2000)));
    tryText(text);
    tryLinks(text);
    return 0;
}

#ifndef HAWSER_LIBFUZZER

QList<QByteArray> seeds()
{
    return { "Ana", "\xe2\x80\xae evil \xe2\x80\x8d", "\x1b]52;c;aGk=\x07", "e\xcc\x81\xcc\x81\xcc\x81", "739 204",
        "[fe80::1%eth0]:4780", "home.example.org:4780", "xn--bcher-kva.example",
        "hawser:join/1/" + QByteArray(64, 'a') + "@127.0.0.1:4780/" + QByteArray(21, 'b') + 'A',
        "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa9", "a\nb\tc\r", "<img src=x>" };
}

#endif
