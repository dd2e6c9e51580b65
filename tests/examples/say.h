#pragma once

#include <QString>
#include <cstdio>

/// One line on standard output, at once.
inline void say(const QString &line)
{
    std::puts(line.toUtf8().constData());
    std::fflush(stdout);
}

inline int complain(const QString &line)
{
    std::fprintf(stderr, "%s\n", line.toUtf8().constData());
    return 1;
}
