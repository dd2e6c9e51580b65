/// The other program of the tests: a list of files to drag from, as a file manager's, and a line to type in.
///
/// dragsource [PATH …]

#include <QApplication>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QLineEdit>
#include <QListWidget>
#include <QMimeData>
#include <QUrl>
#include <QVBoxLayout>

namespace {

class FileList : public QListWidget {
public:
    explicit FileList(const QStringList &paths)
    {
        setObjectName("files");
        setAccessibleName("Files");
        setDragDropMode(DragOnly);
        setSelectionMode(ExtendedSelection);
        for (const QString &path : paths) {
            auto *item = new QListWidgetItem(QFileInfo(path).fileName(), this);
            item->setData(Qt::UserRole, QFileInfo(path).absoluteFilePath());
        }
    }

protected:
    QMimeData *mimeData(const QList<QListWidgetItem *> &items) const override
    {
        QList<QUrl> urls;
        for (const QListWidgetItem *item : items)
            urls << QUrl::fromLocalFile(item->data(Qt::UserRole).toString());
        auto *data = new QMimeData;
        data->setUrls(urls);
        return data;
    }

    Qt::DropActions supportedDropActions() const override { return Qt::CopyAction; }
};

/// Says by its property that a drag which hovers over it would be taken.
class NoteLine : public QLineEdit {
public:
    NoteLine()
    {
        setObjectName("otherEdit");
        setAccessibleName("Note");
    }

protected:
    void dragEnterEvent(QDragEnterEvent *event) override
    {
        QLineEdit::dragEnterEvent(event);
        setProperty("dropTarget", event->isAccepted());
    }

    void dragLeaveEvent(QDragLeaveEvent *event) override
    {
        QLineEdit::dragLeaveEvent(event);
        setProperty("dropTarget", false);
    }
};

} // namespace

int main(int argc, char **argv)
{
    QApplication app(argc, argv);
    QWidget window;
    window.setObjectName("otherWindow");
    window.setWindowTitle("Files");
    auto *layout = new QVBoxLayout(&window);
    layout->addWidget(new FileList(app.arguments().mid(1)));
    layout->addWidget(new NoteLine);
    window.resize(300, 240);
    window.show();
    return app.exec();
}
