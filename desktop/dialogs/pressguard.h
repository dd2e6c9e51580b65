#pragma once

#include "desktop/dialogs/arming.h"

#include <QObject>
#include <QPointer>
#include <QTimer>
#include <functional>

class QAbstractButton;
class QWidget;

namespace hawser::desktop {

/// Watches a window and the whole application's input for one button that must not be pressed by accident (ux.md
/// rule 4). Shows its state as the button's property "armed". The button stays enabled and keeps its focus.
///
/// Also in that window: presses right after activation reach no control, Enter does nothing, held keys do not repeat.
class PressGuard : public QObject {
    Q_OBJECT

public:
    using Clock = std::function<Instant()>;

    /// \param window  owns this; \param button  lies in it
    PressGuard(QWidget *window, QAbstractButton *button, Clock clock = now);

    /// What the person sees in the window has changed.
    void contentChanged();
    /// Ask in the slot of clicked(): the press was good when it began, this is whether it still is. Else says refused().
    bool confirms();
    bool isArmed() const { return m_arming.armed(m_clock()); }

signals:
    void refused(hawser::desktop::Arming::Missing missing);

protected:
    bool eventFilter(QObject *object, QEvent *event) override;

private:
    void watchWindow(QEvent *event);
    void watchHandle(QEvent *event);
    /// \return whether nobody may have it
    bool judge(QObject *object, QEvent *event);
    bool isGuardedPress(QObject *object, QEvent *event) const;
    void refuse();
    void refresh();

    QWidget *m_window;
    QPointer<QAbstractButton> m_button;
    Clock m_clock;
    Arming m_arming;
    QTimer m_timer;
    QMetaObject::Connection m_screen;
};

} // namespace hawser::desktop
