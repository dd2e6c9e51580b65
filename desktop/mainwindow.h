#pragma once

#include <QMainWindow>
#include <QSettings>

class QTabWidget;

namespace hawser::desktop {

class ContactsPage;
class MachinesPage;
class PersonModels;
class RequestsPage;
class TransfersPage;

/// The one window: four pages and a menu that has everything. Remembers where it was. Decides nothing.
class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    enum Page { Contacts, Machines, Transfers, Requests };

    /// \param models  outlive this  \param folder  the data folder; window.ini there keeps the geometry
    MainWindow(PersonModels &models, const QString &folder);
    ~MainWindow() override;

    ContactsPage *contacts() const { return m_contacts; }
    MachinesPage *machines() const { return m_machines; }
    TransfersPage *transfers() const { return m_transfers; }
    RequestsPage *requests() const { return m_requests; }
    QAction *listening() const { return m_listening; }

    void showPage(Page page);
    Page page() const;
    /// How many wait to be let in, how many transfers go, how many messages nobody has read.
    void setCounts(int requests, int transfers, int unread);
    /// Comes to the front: the person asked for it.
    void present();
    /// A sentence that stays for a while. Text from others is in it.
    void tell(const QString &sentence);

signals:
    void reviewWished();
    void listeningWished(bool on);
    void joinWished();
    void rightsWished();
    void blockedWished();
    void activated(); ///< it has the keyboard again
    void closed();

protected:
    void closeEvent(QCloseEvent *event) override;
    void changeEvent(QEvent *event) override;
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dragLeaveEvent(QDragLeaveEvent *event) override;
    void dropEvent(QDropEvent *event) override;

private:
    void addPages();
    void setCount(Page page, const QString &title, int count);
    void addMenus();
    void addViewMenu();
    void addHelpMenu();
    void nextPane(int step);
    void find();
    void jumpToContact();
    void restore();

    QSettings m_settings;
    QTabWidget *m_pages;
    ContactsPage *m_contacts;
    MachinesPage *m_machines;
    TransfersPage *m_transfers;
    RequestsPage *m_requests;
    QAction *m_listening = nullptr;
    QAction *m_review = nullptr;
};

} // namespace hawser::desktop
