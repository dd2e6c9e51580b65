#include "desktop/dialogs/pressguard.h"

#include <QAbstractButton>
#include <QApplication>
#include <QKeyEvent>
#include <QWindow>

namespace hawser::desktop {

namespace {

bool isPress(QEvent::Type type)
{
    switch (type) {
    case QEvent::MouseButtonPress:
    case QEvent::MouseButtonDblClick:
    case QEvent::TouchBegin:
    case QEvent::TabletPress:
    case QEvent::KeyPress:
    case QEvent::Shortcut:
    case QEvent::InputMethod:
        return true;
    default:
        return false;
    }
}

/// Keys that no control of the window gets: Enter would press what is default or focused, a held key presses again.
bool isDeadKey(QEvent *event)
{
    if (event->type() != QEvent::KeyPress)
        return false;
    const auto *key = static_cast<QKeyEvent *>(event);
    return key->isAutoRepeat() || key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter;
}

} // namespace

PressGuard::PressGuard(QWidget *window, QAbstractButton *button, Clock clock)
    : QObject(window), m_window(window), m_button(button), m_clock(std::move(clock))
{
    m_timer.setSingleShot(true);
    m_timer.setTimerType(Qt::PreciseTimer);
    connect(&m_timer, &QTimer::timeout, this, &PressGuard::refresh);
    QCoreApplication::instance()->installEventFilter(this);
    refresh();
}

void PressGuard::contentChanged()
{
    m_arming.changed(m_clock());
    refresh();
}

bool PressGuard::confirms()
{
    const bool armed = isArmed();
    if (!armed)
        refuse();
    return armed;
}

bool PressGuard::eventFilter(QObject *object, QEvent *event)
{
    if (object == m_window)
        watchWindow(event);
    else if (object->isWindowType() && object == m_window->windowHandle())
        watchHandle(event);
    return object->isWidgetType() && isPress(event->type()) && judge(object, event);
}

void PressGuard::watchWindow(QEvent *event)
{
    switch (event->type()) {
    case QEvent::WindowActivate:
    case QEvent::WindowDeactivate:
        m_arming.setActive(event->type() == QEvent::WindowActivate, m_clock());
        break;
    case QEvent::Show:
        disconnect(m_screen);
        if (m_window->windowHandle())
            m_screen = connect(m_window->windowHandle(), &QWindow::screenChanged, this, &PressGuard::contentChanged);
        break;
    case QEvent::Hide:
        m_arming.setShown(false, m_clock());
        break;
    case QEvent::Move:
    case QEvent::Resize:
        m_arming.changed(m_clock());
        break;
    default:
        return;
    }
    refresh();
}

void PressGuard::watchHandle(QEvent *event)
{
    if (event->type() != QEvent::Expose)
        return;
    m_arming.setShown(m_window->windowHandle()->isExposed(), m_clock());
    refresh();
}

bool PressGuard::judge(QObject *object, QEvent *event)
{
    const bool inside = static_cast<QWidget *>(object)->window() == m_window;
    const bool guarded = inside && isGuardedPress(object, event);
    const bool dead = inside && (m_arming.swallows(m_clock()) || isDeadKey(event));
    if (guarded && !dead && isArmed())
        return false;
    if (guarded)
        refuse();
    m_arming.input(m_clock());
    refresh();
    return dead || guarded;
}

bool PressGuard::isGuardedPress(QObject *object, QEvent *event) const
{
    if (object != m_button)
        return false;
    if (event->type() != QEvent::KeyPress)
        return true;
    const int key = static_cast<QKeyEvent *>(event)->key();
    return key == Qt::Key_Space || key == Qt::Key_Select;
}

void PressGuard::refuse()
{
    const Arming::Missing missing = m_arming.missing(m_clock());
    emit refused(missing == Arming::Missing::Nothing ? Arming::Missing::Still : missing);
}

void PressGuard::refresh()
{
    const auto left = m_arming.armedIn(m_clock());
    if (m_button && m_button->property("armed") != QVariant(isArmed()))
        m_button->setProperty("armed", isArmed());
    if (left && left->count() > 0)
        m_timer.start(*left);
    else
        m_timer.stop();
}

} // namespace hawser::desktop
