#include "core/store/marks.h"

#include <QtEndian>
#include <algorithm>
#include <numeric>

namespace hawser {

namespace {
constexpr qsizetype gapBytes = 2 * sizeof(quint64);
}

bool Marks::has(quint64 number) const
{
    if (number == 0 || number > m_highest)
        return false;
    return std::none_of(
        m_gaps.begin(), m_gaps.end(), [number](const Gap &gap) { return gap.first <= number && number <= gap.last; });
}

quint64 Marks::missing() const
{
    return std::accumulate(m_gaps.begin(), m_gaps.end(), quint64(0),
        [](quint64 sum, const Gap &gap) { return sum + (gap.last - gap.first + 1); });
}

void Marks::add(quint64 first, quint64 last)
{
    std::vector<Gap> gaps;
    gaps.reserve(m_gaps.size() + 1);
    for (const Gap &gap : m_gaps) {
        if (last < gap.first || gap.last < first) {
            gaps.push_back(gap);
            continue;
        }
        if (gap.first < first)
            gaps.push_back({ gap.first, first - 1 });
        if (last < gap.last)
            gaps.push_back({ last + 1, gap.last });
    }
    if (first > m_highest + 1)
        gaps.push_back({ m_highest + 1, first - 1 });
    if (gaps.size() > mostGaps) {
        const auto kept = gaps.end() - mostGaps;
        m_forgotten = std::prev(kept)->last;
        gaps.erase(gaps.begin(), kept);
    }
    m_gaps = std::move(gaps);
    m_highest = std::max(m_highest, last);
}

/// What is forgotten stands first, as a gap from 0 on.
QByteArray Marks::gaps() const
{
    QByteArray bytes;
    const auto append = [&bytes](const Gap &gap) {
        for (const quint64 number : { gap.first, gap.last }) {
            const quint64 wire = qToBigEndian(number);
            bytes.append(reinterpret_cast<const char *>(&wire), sizeof wire);
        }
    };
    if (m_forgotten > 0)
        append({ 0, m_forgotten });
    for (const Gap &gap : m_gaps)
        append(gap);
    return bytes;
}

Result<Marks> Marks::restore(quint64 highest, QByteArrayView gaps)
{
    const Error damaged { Code::DataLoss, QStringLiteral("what was seen of somebody's messages is damaged") };
    Marks marks;
    marks.m_highest = highest;
    quint64 before = 0;
    for (qsizetype at = 0; at < gaps.size(); at += gapBytes) {
        if (gaps.size() - at < gapBytes)
            return damaged;
        const Gap gap { qFromBigEndian<quint64>(gaps.data() + at),
            qFromBigEndian<quint64>(gaps.data() + at + sizeof(quint64)) };
        const bool isForgotten = at == 0 && gap.first == 0;
        if ((!isForgotten && gap.first <= before) || gap.last < gap.first || gap.last >= highest)
            return damaged;
        before = gap.last;
        if (isForgotten)
            marks.m_forgotten = gap.last;
        else
            marks.m_gaps.push_back(gap);
    }
    return marks;
}

} // namespace hawser
