#pragma once

#include "chat/transfers.h"
#include "desktop/views/painting.h"

class QFontMetrics;
class QStyleOptionViewItem;

namespace hawser::desktop {

/// One transfer as it is drawn in the conversation and in the list of transfers.
class TransferCard {
public:
    /// \param rect  where it is drawn; its height is height()
    TransferCard(const chat::Transfer &transfer, const QString &peer, const QRect &rect, const QFont &font);

    static int height(const chat::Transfer &transfer, const QFont &font);
    /// What can be done with it now.
    static QList<RowAction> actions(const chat::Transfer &transfer);
    static QString caption(RowAction action);

    void paint(QPainter *painter, const QPalette &palette) const;
    RowAction actionAt(const QPoint &position) const;

private:
    QRect actionRect(RowAction action) const;
    QString firstLine() const;

    const chat::Transfer &m_transfer;
    QString m_peer; ///< empty: not said
    QRect m_rect;
    QFont m_font;
    int m_line;
};

} // namespace hawser::desktop
