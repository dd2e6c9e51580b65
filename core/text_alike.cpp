#include "core/text.h"

#include "core/limits.h"

#include <QList>
#include <memory>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uspoof.h>

namespace hawser {

namespace {

using Checker = std::unique_ptr<USpoofChecker, decltype(&uspoof_close)>;

// Made once, read by any thread.
const USpoofChecker *checker()
{
    static const Checker made = [] {
        UErrorCode status = U_ZERO_ERROR;
        Checker opened(uspoof_open(&status), &uspoof_close);
        if (U_FAILURE(status))
            qFatal("ICU has no table of characters that look alike");
        return opened;
    }();
    return made.get();
}

// Without what nobody sees; white space as single spaces.
icu::UnicodeString seen(QStringView text)
{
    const QStringView start = text.first(std::min<qsizetype>(text.size(), limits::nameGraphemes * 16));
    QList<uint> points;
    for (const uint point : start.toUcs4()) {
        const bool ignorable = u_hasBinaryProperty(UChar32(point), UCHAR_DEFAULT_IGNORABLE_CODE_POINT)
            || (!u_isUWhiteSpace(UChar32(point))
                && (U_GET_GC_MASK(UChar32(point)) & (U_GC_CC_MASK | U_GC_CF_MASK)) != 0);
        if (!ignorable)
            points.append(point);
    }
    const QString clean = QString::fromUcs4(reinterpret_cast<const char32_t *>(points.constData()), points.size())
                              .normalized(QString::NormalizationForm_KC)
                              .simplified();
    return icu::UnicodeString(reinterpret_cast<const char16_t *>(clean.utf16()), int32_t(clean.size()));
}

icu::UnicodeString skeleton(const icu::UnicodeString &text)
{
    UErrorCode status = U_ZERO_ERROR;
    icu::UnicodeString result;
    uspoof_getSkeletonUnicodeString(checker(), 0, text, result, &status);
    return U_SUCCESS(status) ? result : text;
}

icu::UnicodeString folded(icu::UnicodeString text)
{
    return text.foldCase();
}

} // namespace

bool looksAlike(QStringView a, QStringView b)
{
    const icu::UnicodeString first = seen(a);
    const icu::UnicodeString second = seen(b);
    // Both orders: "PAUI" is like "PAUL" only when the skeleton comes first, "Ι" like "i" only when the fold does.
    const icu::UnicodeString firstKeys[] = { folded(skeleton(first)), skeleton(folded(first)) };
    const icu::UnicodeString secondKeys[] = { folded(skeleton(second)), skeleton(folded(second)) };
    for (const icu::UnicodeString &one : firstKeys) {
        for (const icu::UnicodeString &other : secondKeys) {
            if (one == other)
                return true;
        }
    }
    return false;
}

} // namespace hawser
