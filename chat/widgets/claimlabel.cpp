#include "chat/widgets/claimlabel.h"

#include <QPainter>
#include <QStyle>
#include <QTextLayout>

namespace hawser::chat {

ClaimLabel::ClaimLabel(int mostLines, QWidget *parent) : SafeLabel(parent), m_mostLines(mostLines)
{
    QSizePolicy policy(QSizePolicy::Ignored, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

int ClaimLabel::breakLines(QTextLayout &layout, int width) const
{
    QTextOption option;
    option.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    layout.setTextOption(option);
    int end = 0;
    layout.beginLayout();
    for (int n = 0; n < m_mostLines; ++n) {
        QTextLine line = layout.createLine();
        if (!line.isValid())
            break;
        line.setLineWidth(width);
        // A letter from another font does not move the line.
        line.setPosition(QPointF(0, n * fontMetrics().height() + fontMetrics().ascent() - line.ascent()));
        end = line.textStart() + line.textLength();
    }
    layout.endLayout();
    return end;
}

int ClaimLabel::heightForWidth(int width) const
{
    QTextLayout layout(text(), font());
    breakLines(layout, qMax(1, width));
    return qMax(1, layout.lineCount()) * fontMetrics().height();
}

QSize ClaimLabel::sizeHint() const
{
    return { fontMetrics().averageCharWidth() * 30, fontMetrics().height() };
}

QSize ClaimLabel::minimumSizeHint() const
{
    return { fontMetrics().averageCharWidth() * 8, fontMetrics().height() };
}

void ClaimLabel::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setPen(palette().color(foregroundRole()));
    const QString whole = text();
    QTextLayout layout(whole, font());
    const int end = breakLines(layout, width());
    const bool cut = end < whole.size();
    for (int n = 0; n < layout.lineCount(); ++n) {
        const QTextLine line = layout.lineAt(n);
        if (!cut || n + 1 < layout.lineCount()) {
            line.draw(&painter, {});
            continue;
        }
        const QString rest = fontMetrics().elidedText(whole.mid(line.textStart()), Qt::ElideRight, width());
        painter.drawText(
            QRect(0, n * fontMetrics().height(), width(), fontMetrics().height()), Qt::TextSingleLine, rest);
    }
}

} // namespace hawser::chat
