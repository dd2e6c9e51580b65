#include "desktop/dialogs/connectrun.h"

#include "chat/widgets/safelabel.h"

#include <QDateTime>
#include <QLocale>

namespace hawser::desktop {

using chat::Run;
using chat::SafeText;

namespace {

constexpr auto clockEvery = std::chrono::seconds(1);

void showState(RunWindow *window, const Run *run)
{
    const auto ran = std::chrono::duration_cast<seconds>(run->ranFor()).count();
    const QString minutes = QString::number(ran / 60).rightJustified(2, QLatin1Char('0'));
    const QString rest = QString::number(ran % 60).rightJustified(2, QLatin1Char('0'));
    QStringList details;
    if (run->startedAt() > 0)
        details << RunWindow::tr("%1:%2").arg(minutes, rest)
                << RunWindow::tr("started %1")
                       .arg(QLocale().toString(
                           QDateTime::fromMSecsSinceEpoch(run->startedAt()).time(), QStringLiteral("HH:mm:ss")));
    if (run->pid() > 0)
        details << RunWindow::tr("pid %1").arg(run->pid());
    window->setState(SafeText(run->stateText()), SafeText(details.join(QStringLiteral(" · "))));
}

} // namespace

void connectRun(RunWindow *window, Run *run)
{
    QObject::connect(run, &Run::output, window, &RunWindow::take);
    QObject::connect(window, &RunWindow::stopWished, run, &Run::stop);
    QObject::connect(window, &RunWindow::held, run, [run](bool full) {
        if (full)
            run->hold();
        else
            run->resume();
    });
    auto *clock = new QTimer(window);
    QObject::connect(clock, &QTimer::timeout, run, [window, run] { showState(window, run); });
    clock->start(clockEvery);
    QObject::connect(run, &Run::stateChanged, window, [window, run] { showState(window, run); });
    QObject::connect(run, &Run::over, window, [window, run, clock] {
        clock->stop();
        showState(window, run);
        window->finish();
    });
    showState(window, run);
    if (run->isOver())
        window->finish();
}

} // namespace hawser::desktop
