#pragma once

#include "chat/conversation.h"
#include "chat/transfers.h"
#include "desktop/views/action_view.h"

#include <QCache>
#include <QSet>
#include <QTextLayout>

namespace hawser::desktop {

/// A conversation's rows: date lines, bubbles, cards of transfers, notices. Messages are plain text, whatever they say; of
/// a very long one only the first lines are drawn until all is wished for.
class BubbleDelegate : public ActionDelegate {
    Q_OBJECT

public:
    static constexpr int mostLines = 30; ///< of a message that was not opened

    /// \param view  whose width the rows take
    explicit BubbleDelegate(QAbstractItemView *view);

    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;
    QList<RowAction> actions(const QModelIndex &index) const override;
    RowAction actionAt(
        const QStyleOptionViewItem &option, const QModelIndex &index, const QPoint &position) const override;
    bool helpEvent(QHelpEvent *event, QAbstractItemView *view, const QStyleOptionViewItem &option,
        const QModelIndex &index) override;

    /// All lines of that message are drawn from now on.
    void showAll(quint64 entry);
    /// Words, or beginnings of words, that are marked in messages. Empty: none.
    void markWords(const QString &words) { m_words = words.split(QLatin1Char(' '), Qt::SkipEmptyParts); }

private:
    struct Text {
        QSize size; ///< of the lines that are drawn
        bool cut = false;
    };
    /// Where the parts of one row are.
    struct Shape {
        QRect date; ///< null: none
        QRect bubble;
        QRect text; ///< of a message or notice
        QRect foot; ///< time and state
        QRect action; ///< null: none
        int height = 0;
    };

    Shape shape(const QRect &rect, const QFont &font, const QModelIndex &index) const;
    Shape messageShape(const QRect &rect, int top, const QFont &font, const QModelIndex &index) const;
    Text measure(const chat::Entry &entry, const QString &text, const QFont &font, int width) const;
    Text layOut(QTextLayout &layout, quint64 entry, int width) const;
    bool isOpen(quint64 entry) const { return m_open.contains(entry); }
    void paintMessage(
        QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index, const Shape &shape) const;
    void paintFoot(
        QPainter *painter, const QStyleOptionViewItem &option, const chat::Entry &entry, const QRect &rect) const;
    QList<QTextLayout::FormatRange> marks(const QString &text, const QPalette &palette) const;
    QString actionText(const QModelIndex &index) const;

    QAbstractItemView *m_view;
    QSet<quint64> m_open;
    QStringList m_words;
    mutable QCache<QPair<quint64, int>, Text> m_measured { 2000 };
};

} // namespace hawser::desktop
