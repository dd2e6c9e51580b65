#include "desktop/views/transfer_card.h"

#include "chat/widgets/icon.h"
#include "core/text.h"
#include "desktop/models/words.h"

#include <QCoreApplication>
#include <QFontMetrics>
#include <QPainter>
#include <QPalette>

namespace hawser::desktop {

using chat::Transfer;

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("hawser::desktop::TransferCard", text);
}

bool hasBar(const Transfer &transfer)
{
    return transfer.state == Transfer::State::Going || transfer.state == Transfer::State::Paused;
}

QString detailOf(const Transfer &transfer)
{
    if (!hasBar(transfer))
        return {};
    const QString files = tr("%1 of %2").arg(QLocale().toString(transfer.filesDone), filesText(transfer.files));
    return transfer.current.isEmpty() ? files : files + QStringLiteral(" · ") + visible(transfer.current);
}

} // namespace

TransferCard::TransferCard(const Transfer &transfer, const QString &peer, const QRect &rect, const QFont &font)
    : m_transfer(transfer), m_peer(peer), m_rect(rect), m_font(font), m_line(QFontMetrics(font).height())
{
}

int TransferCard::height(const Transfer &transfer, const QFont &font)
{
    const int line = QFontMetrics(font).height();
    return line * (hasBar(transfer) ? 6 : 4) + line / 3 + 2;
}

QList<RowAction> TransferCard::actions(const Transfer &transfer)
{
    if (!transfer.isOver() && transfer.state != Transfer::State::Offered)
        return { RowAction::Cancel };
    if (transfer.state == Transfer::State::Offered && transfer.direction == Transfer::Direction::Out)
        return { RowAction::Cancel };
    if (transfer.state == Transfer::State::Done && transfer.direction == Transfer::Direction::In)
        return { RowAction::OpenFolder };
    return {};
}

QString TransferCard::caption(RowAction action)
{
    switch (action) {
    case RowAction::TryAgain:
        return tr("Try again");
    case RowAction::Cancel:
        return tr("Cancel");
    case RowAction::OpenFolder:
        return tr("Open folder");
    case RowAction::ShowAll:
        return tr("Show all");
    case RowAction::None:
        break;
    }
    return {};
}

void TransferCard::paint(QPainter *painter, const QPalette &palette) const
{
    const int pad = m_line / 2;
    const QRect inside = m_rect.adjusted(pad + 2, pad, -pad - 2, -pad);
    const QRect mark(inside.left(), inside.top(), m_line + 4, m_line + 4);
    chat::icon(m_transfer.folder ? QStringLiteral("folder") : QStringLiteral("file")).paint(painter, mark);

    QRect line(mark.right() + pad, inside.top(), inside.right() - mark.right() - pad, m_line);
    const QColor text = palette.color(QPalette::Text);
    paintElided(painter, line, firstLine(), bold(m_font), text);
    line.translate(0, m_line + 1);
    paintElided(painter, line, contentText(m_transfer), smaller(m_font), quiet(palette));
    line.translate(0, m_line + 2);
    if (hasBar(m_transfer)) {
        paintBar(painter, QRect(line.left(), line.top() + m_line / 4, line.width(), m_line / 3), progressOf(m_transfer),
            palette);
        line.translate(0, m_line - 2);
    }
    const QList<RowAction> possible = actions(m_transfer);
    if (!possible.isEmpty()) {
        const QRect action = actionRect(possible.first());
        paintElided(painter, action, caption(possible.first()), bold(m_font), accent(palette), Qt::AlignCenter);
        line.setRight(action.left() - pad);
    }
    const bool wrong = m_transfer.state == Transfer::State::Failed || m_transfer.state == Transfer::State::Paused;
    paintElided(painter, line, progressText(m_transfer), m_font, wrong ? text : quiet(palette));
    line.translate(0, m_line + 1);
    paintElided(painter, line, detailOf(m_transfer), smaller(m_font), quiet(palette));
}

RowAction TransferCard::actionAt(const QPoint &position) const
{
    for (const RowAction action : actions(m_transfer)) {
        if (actionRect(action).contains(position))
            return action;
    }
    return RowAction::None;
}

QRect TransferCard::actionRect(RowAction action) const
{
    const int pad = m_line / 2;
    const int width = QFontMetrics(bold(m_font)).horizontalAdvance(caption(action)) + m_line;
    const int below = hasBar(m_transfer) ? m_line * 3 : m_line * 2;
    return { m_rect.right() - pad - width, m_rect.top() + pad + below - 3, width, m_line + 8 };
}

QString TransferCard::firstLine() const
{
    const QString title = visible(m_transfer.title);
    if (m_peer.isEmpty())
        return title;
    const bool out = m_transfer.direction == Transfer::Direction::Out;
    return title + QStringLiteral("  ·  ") + (out ? tr("to %1") : tr("from %1")).arg(visible(m_peer));
}

} // namespace hawser::desktop
