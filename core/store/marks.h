#pragma once

#include "core/result.h"

#include <QByteArray>
#include <vector>

namespace hawser {

/// Which numbers of a row that grows by one were seen: the highest, and the newest gaps below it.
class Marks {
public:
    static constexpr int mostGaps = 256; ///< so that nobody makes them grow without end

    quint64 highest() const { return m_highest; }
    /// How many numbers are missing below the highest, of those that are not forgotten.
    quint64 missing() const;
    bool has(quint64 number) const;
    /// Up to this number nobody knows any more which were seen: there were more than mostGaps gaps. `has` says yes.
    quint64 forgotten() const { return m_forgotten; }
    /// Has seen first … last.
    void add(quint64 first, quint64 last);

    /// The gaps as bytes for a column, and back.
    QByteArray gaps() const;
    /// \retval DataLoss  they are no gaps below `highest`
    static Result<Marks> restore(quint64 highest, QByteArrayView gaps);

private:
    struct Gap {
        quint64 first;
        quint64 last;
    };
    quint64 m_highest = 0;
    quint64 m_forgotten = 0;
    std::vector<Gap> m_gaps; // in order, never touching
};

} // namespace hawser
