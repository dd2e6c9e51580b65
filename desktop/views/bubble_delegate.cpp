#include "desktop/views/bubble_delegate.h"

#include "chat/widgets/icon.h"
#include "chat/widgets/safelabel.h"
#include "core/text.h"
#include "core/wall_clock.h"
#include "desktop/models/conversation_model.h"
#include "desktop/models/words.h"
#include "desktop/views/transfer_card.h"

#include <QHelpEvent>
#include <QPainter>
#include <QTextLayout>
#include <QToolTip>
#include <cmath>

namespace hawser::desktop {

using chat::Entry;
using chat::Transfer;

namespace {

constexpr qint64 lateAfter = 5 * 60 * 1000; ///< ms on the way; then both times are shown

Entry entryOf(const QModelIndex &index)
{
    return index.data(ConversationModel::EntryRole).value<Entry>();
}

Transfer transferOf(const QModelIndex &index)
{
    return index.data(ConversationModel::TransferRole).value<Transfer>();
}

QString footText(const Entry &entry)
{
    const bool onItsWay = entry.state == Entry::State::Saving || entry.state == Entry::State::Queued
        || entry.state == Entry::State::AtBroker;
    if (onItsWay)
        return QStringLiteral("%1 · %2").arg(clockText(entry.at), stateText(entry));
    if (entry.said > 0 && entry.at - entry.said > lateAfter)
        return BubbleDelegate::tr("said %1 · came %2").arg(momentText(entry.said, entry.at), clockText(entry.at));
    return clockText(entry.at);
}

int footWidth(const Entry &entry, const QFont &font)
{
    const QFontMetrics metrics(smaller(font));
    return metrics.horizontalAdvance(footText(entry)) + (stateIcon(entry.state).isEmpty() ? 0 : metrics.height() + 4);
}

} // namespace

BubbleDelegate::BubbleDelegate(QAbstractItemView *view) : ActionDelegate(view), m_view(view)
{
}

QList<RowAction> BubbleDelegate::actions(const QModelIndex &index) const
{
    const Entry entry = entryOf(index);
    if (entry.kind == Entry::Kind::Transfer)
        return TransferCard::actions(transferOf(index));
    if (entry.state == Entry::State::NotSent)
        return { RowAction::TryAgain };
    const int line = QFontMetrics(m_view->font()).height();
    const int width = m_view->viewport()->width() * 7 / 10 - line;
    if (measure(entry, index.data().toString(), m_view->font(), width).cut)
        return { RowAction::ShowAll };
    return {};
}

RowAction BubbleDelegate::actionAt(
    const QStyleOptionViewItem &option, const QModelIndex &index, const QPoint &position) const
{
    const Shape at = shape(option.rect, option.font, index);
    if (entryOf(index).kind == Entry::Kind::Transfer) {
        const Transfer transfer = transferOf(index);
        return TransferCard(transfer, {}, at.bubble, option.font).actionAt(position);
    }
    const QList<RowAction> possible = actions(index);
    return !possible.isEmpty() && at.action.contains(position) ? possible.first() : RowAction::None;
}

void BubbleDelegate::showAll(quint64 entry)
{
    m_open.insert(entry);
    m_measured.clear();
}

QSize BubbleDelegate::sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const int width = m_view->viewport()->width();
    return { width, shape(QRect(0, 0, width, 0), option.font, index).height };
}

BubbleDelegate::Shape BubbleDelegate::shape(const QRect &rect, const QFont &font, const QModelIndex &index) const
{
    const int line = QFontMetrics(font).height();
    const Entry entry = entryOf(index);
    int top = rect.top() + (index.data(ConversationModel::FollowsRole).toBool() ? 2 : line / 2);
    QRect date;
    if (index.data(ConversationModel::FirstOfDayRole).toBool()) {
        date = QRect(rect.left(), top, rect.width(), line * 2);
        top = date.bottom() + 1;
    }
    Shape made;
    if (entry.kind == Entry::Kind::Transfer) {
        const int width = std::min(rect.width() - line * 2, line * 34);
        const int left = entry.mine ? rect.right() - line - width : rect.left() + line;
        made.bubble = QRect(left, top, width, TransferCard::height(transferOf(index), font));
        made.height = made.bubble.bottom() + 1 - rect.top();
    } else {
        made = messageShape(rect, top, font, index);
    }
    made.date = date;
    return made;
}

BubbleDelegate::Shape BubbleDelegate::messageShape(
    const QRect &rect, int top, const QFont &font, const QModelIndex &index) const
{
    const int line = QFontMetrics(font).height();
    const int pad = line * 2 / 3;
    const Entry entry = entryOf(index);
    const bool notice = entry.kind == Entry::Kind::Notice || entry.kind == Entry::Kind::Run;
    const int most = rect.width() * 7 / 10 - line;
    const Text text = measure(entry, index.data().toString(), font, most);
    const int foot = notice ? 0 : std::min(most, footWidth(entry, font));
    const QString action = text.cut || entry.state == Entry::State::NotSent ? actionText(index) : QString();
    const int inner = std::max(
        { text.size.width(), foot, std::min(most, QFontMetrics(smaller(bold(font))).horizontalAdvance(action) + 2) });

    Shape made;
    const int width = inner + pad * 2;
    const int left = notice ? rect.center().x() - width / 2
        : entry.mine        ? rect.right() - line - width
                            : rect.left() + line;
    made.text = QRect(QPoint(left + pad, top + line / 2), QSize(inner, text.size.height()));
    int bottom = made.text.bottom() + 1;
    if (!notice) {
        made.foot = QRect(left + pad, bottom, inner, line);
        bottom += line;
    }
    if (!action.isEmpty()) {
        made.action = QRect(left + pad, bottom, inner, line + 2);
        bottom += line + 2;
    }
    made.bubble = QRect(left, top, width, bottom - top + line / 3);
    made.height = made.bubble.bottom() + 1 - rect.top();
    return made;
}

BubbleDelegate::Text BubbleDelegate::measure(
    const Entry &entry, const QString &text, const QFont &font, int width) const
{
    const QPair<quint64, int> key(entry.id, width);
    if (const Text *known = m_measured.object(key))
        return *known;
    QTextLayout layout(QString(text).replace(QLatin1Char('\n'), QChar::LineSeparator), font);
    const Text made = layOut(layout, entry.id, width);
    m_measured.insert(key, new Text(made));
    return made;
}

BubbleDelegate::Text BubbleDelegate::layOut(QTextLayout &layout, quint64 entry, int width) const
{
    QTextOption option;
    option.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    layout.setTextOption(option);
    const int most = isOpen(entry) ? std::numeric_limits<int>::max() : mostLines;
    double height = 0;
    double widest = 0;
    Text made;
    layout.beginLayout();
    for (int lines = 0; !made.cut; ++lines) {
        QTextLine line = layout.createLine();
        if (!line.isValid())
            break;
        if (lines == most) {
            line.setNumColumns(0);
            made.cut = true;
            break;
        }
        line.setLineWidth(width);
        line.setPosition({ 0, height });
        height += line.height();
        widest = std::max(widest, line.naturalTextWidth());
    }
    layout.endLayout();
    made.size = QSize(int(std::ceil(widest)) + 1, int(std::ceil(height)));
    return made;
}

void BubbleDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const Shape at = shape(option.rect, option.font, index);
    const QPalette &palette = option.palette;
    const Entry entry = entryOf(index);
    if (!at.date.isNull())
        paintElided(
            painter, at.date, dayText(entry.at, wallClock()), smaller(option.font), quiet(palette), Qt::AlignCenter);

    const QColor base = palette.color(QPalette::Base);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const bool chosen = (option.state & QStyle::State_Selected) && (option.state & QStyle::State_Active);
    painter->setPen(chosen ? QPen(palette.color(QPalette::Highlight), 1.5) : QPen(Qt::NoPen));
    const bool plain = entry.kind == Entry::Kind::Notice || entry.kind == Entry::Kind::Run;
    if (entry.mine)
        painter->setBrush(mixed(base, palette.color(QPalette::Highlight), 0.2));
    else
        painter->setBrush(mixed(base, palette.color(QPalette::Text), plain ? 0.04 : 0.08));
    painter->drawRoundedRect(QRectF(at.bubble).adjusted(0.5, 0.5, -0.5, -0.5), 9, 9);
    painter->restore();

    if (entry.kind == Entry::Kind::Transfer) {
        const Transfer transfer = transferOf(index);
        return TransferCard(transfer, {}, at.bubble, option.font).paint(painter, palette);
    }
    paintMessage(painter, option, index, at);
}

void BubbleDelegate::paintMessage(
    QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index, const Shape &shape) const
{
    const Entry entry = entryOf(index);
    QTextLayout layout(index.data().toString().replace(QLatin1Char('\n'), QChar::LineSeparator), option.font);
    const int most = option.rect.width() * 7 / 10 - option.fontMetrics.height();
    layout.setFormats(marks(layout.text(), option.palette));
    layOut(layout, entry.id, most);
    const bool notice = entry.kind != Entry::Kind::Message;
    painter->setPen(notice ? quiet(option.palette) : option.palette.color(QPalette::Text));
    for (int i = 0; i < layout.lineCount(); ++i) {
        if (layout.lineAt(i).textLength() > 0 && layout.lineAt(i).y() < shape.text.height())
            layout.lineAt(i).draw(painter, shape.text.topLeft());
    }
    if (!shape.foot.isNull())
        paintFoot(painter, option, entry, shape.foot);
    if (!shape.action.isNull())
        paintElided(painter, shape.action, actionText(index), smaller(bold(option.font)), accent(option.palette));
}

/// Where the words that are looked for begin a word of the text.
QList<QTextLayout::FormatRange> BubbleDelegate::marks(const QString &text, const QPalette &palette) const
{
    QTextCharFormat format;
    format.setBackground(palette.brush(QPalette::Highlight));
    format.setForeground(palette.brush(QPalette::HighlightedText));
    QList<QTextLayout::FormatRange> ranges;
    for (const QString &word : m_words)
        for (qsizetype at = text.indexOf(word, 0, Qt::CaseInsensitive); at >= 0;
             at = text.indexOf(word, at + word.size(), Qt::CaseInsensitive))
            if (at == 0 || !text[at - 1].isLetterOrNumber())
                ranges << QTextLayout::FormatRange { int(at), int(word.size()), format };
    return ranges;
}

/// What the mark means, and all of a reason that is cut off.
bool BubbleDelegate::helpEvent(
    QHelpEvent *event, QAbstractItemView *view, const QStyleOptionViewItem &option, const QModelIndex &index)
{
    if (event->type() != QEvent::ToolTip || view == nullptr)
        return false;
    const QString state = index.isValid() ? stateText(entryOf(index)) : QString();
    QToolTip::showText(event->globalPos(), state.isEmpty() ? QString() : chat::plainToolTip(state), view, option.rect);
    return true;
}

void BubbleDelegate::paintFoot(
    QPainter *painter, const QStyleOptionViewItem &option, const Entry &entry, const QRect &rect) const
{
    QRect text = rect;
    if (const QString mark = stateIcon(entry.state); !mark.isEmpty()) {
        const int side = rect.height() * 8 / 10;
        const QRect icon(rect.right() - side, rect.top() + (rect.height() - side) / 2, side, side);
        chat::icon(mark).paint(painter, icon);
        text.setRight(icon.left() - 4);
    }
    paintElided(
        painter, text, footText(entry), smaller(option.font), quiet(option.palette), Qt::AlignRight | Qt::AlignVCenter);
}

QString BubbleDelegate::actionText(const QModelIndex &index) const
{
    const Entry entry = entryOf(index);
    if (entry.state != Entry::State::NotSent)
        return tr("Show all");
    if (entry.sentence.isEmpty())
        return tr("Not sent – Try again");
    return tr("Not sent – Try again (%1)").arg(visible(entry.sentence));
}

} // namespace hawser::desktop
