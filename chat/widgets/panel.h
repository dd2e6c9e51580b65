#pragma once

#include <QWidget>

namespace hawser::chat {

/// A rounded field that sets something apart; its colours follow the palette.
class Panel : public QWidget {
    Q_OBJECT

public:
    enum class Tone { Plain, Warning, Danger };

    explicit Panel(Tone tone, QWidget *parent = nullptr);

    void setTone(Tone tone);
    /// The line around it, in pixels.
    void setBorder(double width);

protected:
    void paintEvent(QPaintEvent *) override;

private:
    Tone m_tone;
    double m_border = 1;
};

} // namespace hawser::chat
