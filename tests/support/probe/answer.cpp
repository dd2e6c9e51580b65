#include "answer.h"

#include <QtWidgets>

namespace hawser::probe {
namespace {

QJsonArray json(const QRect &rect)
{
    return { rect.x(), rect.y(), rect.width(), rect.height() };
}

/// A rectangle of `widget` in pixels of the screen (one screen, at the origin).
QRect onScreen(const QWidget &widget, const QRect &rect)
{
    const qreal scale = widget.devicePixelRatioF();
    const QPoint at = widget.mapToGlobal(rect.topLeft());
    return { (QPointF(at) * scale).toPoint(), rect.size() * scale };
}

QString withoutMnemonic(QString text)
{
    static const QRegularExpression single(QStringLiteral("&(.)"));
    return text.replace(single, QStringLiteral("\\1"));
}

/// What an item is found by and shows: the cells of its row, joined by tabs.
QString rowText(const QModelIndex &index)
{
    QStringList cells;
    for (int column = 0; column < index.model()->columnCount(index.parent()); ++column)
        cells << index.siblingAtColumn(column).data().toString();
    return cells.join('\t');
}

void listRows(const QAbstractItemModel &model, const QModelIndex &parent, QStringList &rows)
{
    constexpr int enough = 1000;
    for (int row = 0; row < model.rowCount(parent) && rows.size() < enough; ++row) {
        const QModelIndex index = model.index(row, 0, parent);
        rows << rowText(index);
        listRows(model, index, rows);
    }
}

QStringList rowsOf(const QWidget &widget)
{
    QStringList rows;
    if (const auto *view = qobject_cast<const QAbstractItemView *>(&widget); view && view->model())
        listRows(*view->model(), view->rootIndex(), rows);
    else if (const auto *box = qobject_cast<const QComboBox *>(&widget))
        listRows(*box->model(), box->rootModelIndex(), rows);
    return rows;
}

QString textOf(const QWidget &widget)
{
    if (const auto *label = qobject_cast<const QLabel *>(&widget))
        return label->text();
    if (const auto *button = qobject_cast<const QAbstractButton *>(&widget))
        return withoutMnemonic(button->text());
    if (const auto *edit = qobject_cast<const QLineEdit *>(&widget))
        return edit->text();
    if (const auto *edit = qobject_cast<const QPlainTextEdit *>(&widget))
        return edit->toPlainText();
    if (const auto *edit = qobject_cast<const QTextEdit *>(&widget))
        return edit->toPlainText();
    if (const auto *box = qobject_cast<const QAbstractSpinBox *>(&widget))
        return box->text();
    if (const auto *box = qobject_cast<const QComboBox *>(&widget))
        return box->currentText();
    if (const auto *bar = qobject_cast<const QProgressBar *>(&widget))
        return bar->text();
    if (const auto *group = qobject_cast<const QGroupBox *>(&widget))
        return withoutMnemonic(group->title());
    if (const auto *menu = qobject_cast<const QMenu *>(&widget))
        return withoutMnemonic(menu->title());
    if (widget.isWindow())
        return widget.windowTitle();
    return rowsOf(widget).join('\n');
}

QJsonValue checkedOf(const QWidget &widget)
{
    if (const auto *button = qobject_cast<const QAbstractButton *>(&widget); button && button->isCheckable())
        return button->isChecked();
    if (const auto *group = qobject_cast<const QGroupBox *>(&widget); group && group->isCheckable())
        return group->isChecked();
    return QJsonValue::Null;
}

QJsonObject answerFor(const QWidget &widget)
{
    const QVariant armed = widget.property("armed");
    const auto *bar = qobject_cast<const QProgressBar *>(&widget);
    QJsonObject said = { { "visible", widget.isVisible() }, { "enabled", widget.isEnabled() },
        { "active", widget.isActiveWindow() }, { "focus", widget.hasFocus() },
        { "highlighted", widget.property("dropTarget").toBool() }, { "checked", checkedOf(widget) },
        { "armed", armed.isValid() ? QJsonValue(armed.toBool()) : QJsonValue::Null }, { "text", textOf(widget) },
        { "accessible", widget.accessibleName() }, { "rows", QJsonArray::fromStringList(rowsOf(widget)) } };
    if (bar && bar->maximum() > bar->minimum())
        said.insert("value", double(bar->value() - bar->minimum()) / (bar->maximum() - bar->minimum()));
    return said;
}

/// Adds where it is: `rect` of `widget`, and which part of it is not cut away.
QJsonObject placed(QJsonObject said, const QWidget &widget, const QRect &rect)
{
    const QRect whole = onScreen(widget, rect);
    const QRect shown = rect & widget.visibleRegion().boundingRect();
    said.insert("found", true);
    said.insert("x", whole.x());
    said.insert("y", whole.y());
    said.insert("w", whole.width());
    said.insert("h", whole.height());
    said.insert("shown", json(shown.isEmpty() ? QRect() : onScreen(widget, shown)));
    if (shown.isEmpty())
        said.insert("visible", false);
    return said;
}

// --- actions, in the menu, menu bar or tool bar that shows them

QRect placeIn(const QWidget &holder, QAction *action)
{
    if (const auto *menu = qobject_cast<const QMenu *>(&holder))
        return menu->actionGeometry(action);
    if (const auto *bar = qobject_cast<const QMenuBar *>(&holder))
        return bar->actionGeometry(action);
    if (const auto *bar = qobject_cast<const QToolBar *>(&holder))
        return bar->actionGeometry(action);
    return {};
}

QJsonObject answerFor(QAction *action)
{
    QJsonObject said = { { "found", true }, { "visible", false }, { "enabled", action->isEnabled() },
        { "checked", action->isCheckable() ? QJsonValue(action->isChecked()) : QJsonValue::Null },
        { "armed", QJsonValue::Null }, { "text", withoutMnemonic(action->text()) } };
    for (const QObject *object : action->associatedObjects()) {
        const auto *holder = qobject_cast<const QWidget *>(object);
        if (!holder || !holder->isVisible() || !action->isVisible())
            continue;
        const QRect rect = placeIn(*holder, action);
        if (rect.isEmpty())
            continue;
        said.insert("visible", true);
        said.insert("active", holder->isActiveWindow());
        return placed(said, *holder, rect);
    }
    return said;
}

// --- what is inside a widget, by the beginning of its text

/// Opens two protected questions of QAbstractItemView: what a drag that hovers over it would do.
struct Hovered : QAbstractItemView {
    static bool over(const QAbstractItemView &view)
    {
        return (view.*(&Hovered::state))() == DraggingState && (view.*(&Hovered::dropIndicatorPosition))() == OnItem;
    }
};

bool isDropTarget(const QAbstractItemView &view, const QModelIndex &index)
{
    const QVariant told = view.property("dropTarget");
    if (told.canConvert<QPersistentModelIndex>() && told.value<QPersistentModelIndex>() == index)
        return true;
    if (!Hovered::over(view))
        return false;
    const QModelIndex under = view.indexAt(view.viewport()->mapFromGlobal(QCursor::pos()));
    return under.isValid() && under.siblingAtColumn(0) == index.siblingAtColumn(0);
}

QModelIndex findItem(const QAbstractItemModel &model, const QModelIndex &parent, const QString &text)
{
    for (int row = 0; row < model.rowCount(parent); ++row) {
        for (int column = 0; column < model.columnCount(parent); ++column) {
            const QModelIndex index = model.index(row, column, parent);
            if (index.data().toString().startsWith(text))
                return index;
        }
        const QModelIndex below = findItem(model, model.index(row, 0, parent), text);
        if (below.isValid())
            return below;
    }
    return {};
}

QJsonObject itemOf(const QAbstractItemView &view, const QString &text)
{
    const QModelIndex index = view.model() ? findItem(*view.model(), view.rootIndex(), text) : QModelIndex();
    if (!index.isValid())
        return { { "found", false } };
    const QVariant checked = index.data(Qt::CheckStateRole);
    const bool chosen = view.selectionModel() && view.selectionModel()->isSelected(index);
    const QJsonObject said = { { "visible", view.isVisible() }, { "active", view.isActiveWindow() },
        { "enabled", view.isEnabled() && index.flags().testFlag(Qt::ItemIsEnabled) }, { "focus", view.hasFocus() },
        { "highlighted", chosen || isDropTarget(view, index) }, { "dropTarget", isDropTarget(view, index) },
        { "checked", checked.isValid() ? QJsonValue(checked.toInt() == Qt::Checked) : QJsonValue::Null },
        { "armed", QJsonValue::Null }, { "text", rowText(index) },
        { "accessible", index.data(Qt::AccessibleTextRole).toString() } };
    return placed(said, *view.viewport(), view.visualRect(index));
}

QJsonObject tabOf(const QTabBar &bar, const QString &text)
{
    for (int tab = 0; tab < bar.count(); ++tab) {
        const QString title = withoutMnemonic(bar.tabText(tab));
        if (!title.startsWith(text))
            continue;
        const QJsonObject said = { { "visible", bar.isVisible() && bar.isTabVisible(tab) },
            { "enabled", bar.isEnabled() && bar.isTabEnabled(tab) }, { "active", bar.isActiveWindow() },
            { "highlighted", bar.currentIndex() == tab }, { "checked", bar.currentIndex() == tab },
            { "armed", QJsonValue::Null }, { "text", title } };
        return placed(said, bar, bar.tabRect(tab));
    }
    return { { "found", false } };
}

QJsonObject insideOf(const QWidget &widget, const QString &text)
{
    if (const auto *view = qobject_cast<const QAbstractItemView *>(&widget))
        return itemOf(*view, text);
    if (const auto *box = qobject_cast<const QComboBox *>(&widget))
        return itemOf(*box->view(), text);
    if (const auto *bar = qobject_cast<const QTabBar *>(&widget))
        return tabOf(*bar, text);
    if (const auto *tabs = qobject_cast<const QTabWidget *>(&widget))
        return tabOf(*tabs->tabBar(), text);
    for (QAction *action : widget.actions()) {
        if (withoutMnemonic(action->text()).startsWith(text))
            return answerFor(action);
    }
    for (const QWidget *child : widget.findChildren<QWidget *>()) {
        const bool shows = qobject_cast<const QLabel *>(child) || qobject_cast<const QAbstractButton *>(child);
        if (shows && child->isVisible() && textOf(*child).startsWith(text))
            return placed(answerFor(*child), *child, child->rect());
    }
    return { { "found", false } };
}

// --- by name

/// Of several widgets of one name, the one a person sees, first of all in the active window.
const QWidget *findWidget(const QString &name)
{
    const QWidget *best = nullptr;
    const auto rank = [](const QWidget *w) {
        return w ? 1 + w->isVisible() + (w->isVisible() && w->isActiveWindow()) : 0;
    };
    for (const QWidget *widget : QApplication::allWidgets()) {
        if (widget->objectName() == name && rank(widget) > rank(best))
            best = widget;
    }
    return best;
}

QAction *findAction(const QString &name)
{
    for (const QWidget *window : QApplication::topLevelWidgets()) {
        if (window->objectName() == name && qobject_cast<const QMenu *>(window))
            return static_cast<const QMenu *>(window)->menuAction();
        if (auto *action = window->findChild<QAction *>(name))
            return action;
    }
    return QCoreApplication::instance()->findChild<QAction *>(name);
}

QJsonObject windows()
{
    QJsonArray list;
    for (const QWidget *window : QApplication::topLevelWidgets()) {
        if (window->isVisible()) {
            QJsonObject said = placed(answerFor(*window), *window, window->rect());
            said.insert("name", window->objectName());
            list << said;
        }
    }
    return { { "found", true }, { "windows", list } };
}

} // namespace

QJsonObject answer(const QString &question)
{
    if (!qobject_cast<QApplication *>(QCoreApplication::instance()))
        return { { "found", false } };
    if (question == QLatin1String("*"))
        return windows();
    const QString name = question.section('/', 0, 0);
    const QString text = question.section('/', 1);
    const QWidget *widget = findWidget(name);
    if (widget && !text.isEmpty())
        return insideOf(*widget, text);
    const bool closedMenu = widget && !widget->isVisible() && qobject_cast<const QMenu *>(widget);
    if (widget && !closedMenu)
        return placed(answerFor(*widget), *widget, widget->rect());
    if (QAction *action = findAction(name))
        return answerFor(action);
    return { { "found", false } };
}

} // namespace hawser::probe
