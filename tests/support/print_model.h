#pragma once

#include <QAbstractItemModel>
#include <QStringList>

namespace hawser::test {

/// A model as a picture: one line a row, its cells parted by " | ".
inline QStringList printModel(const QAbstractItemModel &model)
{
    QStringList lines;
    for (int row = 0; row < model.rowCount(); ++row) {
        QStringList cells;
        for (int column = 0; column < model.columnCount(); ++column)
            cells << model.index(row, column).data().toString();
        lines << cells.join(QStringLiteral(" | "));
    }
    return lines;
}

} // namespace hawser::test
