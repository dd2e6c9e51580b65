#pragma once

#include "chat/person.h"
#include "core/client.h"
#include "core/contracts/control.h"

#include <QTimer>

namespace hawser::cli {

/// The way to the owner of a data folder: another program that serves its control socket, or, when there is none, this
/// process, which then owns it as long as it runs. Verbs call the owner's commands and cannot tell the two apart.
class Session : public QObject {
    Q_OBJECT

public:
    /// \param endless  whoever uses it goes on until it is ended, and can begin anew with another owner
    Session(const QString &folder, bool endless, QObject *parent = nullptr);
    ~Session() override;

    /// `opened` follows, or `failed`.
    void open();
    /// `settled` follows: what the owner knows of others has come, or cannot come now.
    void settle();
    /// `released` follows, at once or when nobody needs this process as the owner any more.
    void release();

    /// The owner has gone, and whoever uses this begins anew with another: what fails now need not be told.
    bool beginsAnew() const { return m_endless && m_isOpen && !m_person && hasLostOwner(); }
    /// The owner is a program that does not go when a verb is done.
    bool ownerStays() const { return m_ownerStays; }
    Client &owner() { return m_owner; }

    /// A call to the owner. While it has only just become the owner, what may be because somebody's link is still coming
    /// is tried again for a moment. \param callback  takes Result<C::Reply>
    template <typename C, typename Callback>
    void ask(const typename C::Request &request, QObject *context, Callback callback)
    {
        auto judge = [this, request, context, callback](const Result<typename C::Reply> &result) {
            if (result || !mayComeStill(result.error()))
                return callback(result);
            QTimer::singleShot(
                tryAgainAfter, context, [this, request, context, callback] { ask<C>(request, context, callback); });
        };
        m_owner.call<C>({}, request, context, std::move(judge));
    }
    /// A channel, as Client::start.
    template <typename C>
    Call *start(const typename C::Request &request)
    {
        return m_owner.start<C>({}, request);
    }
    /// Calls `then` once `who` answers, or is not going to.
    template <typename Then>
    void whenThere(const QString &who, QObject *context, Then then)
    {
        using contracts::PingOther;
        if (!isYoung())
            return then();
        ask<PingOther>({ who }, context, [then](const Result<PingOther::Reply> &) { then(); });
    }
    /// It failed because nobody was there, and we began so lately that this may change by itself.
    bool mayComeStill(const Error &error) const;
    static constexpr milliseconds tryAgainAfter { 150 };
    /// Somebody new was just found: their link is still coming.
    void expectSomebody() { m_since = now(); }

signals:
    void opened();
    void failed(const hawser::Error &why);
    void ownerGone(); ///< instead of `failed`, after `opened`, for who is endless: begin anew
    void settled();
    void released();
    void slow(const QString &sentence); ///< what it waits for
    void ended(const QString &sentence); ///< a broker has us no more: which, and why

private:
    void attend();
    void lost(const Error &why);
    void reachOwner();
    void ownerMissing(const Error &why);
    void becomeOwner();
    void tellEnd(const PublicKey &key);
    void setOpen();
    bool hasLostOwner() const { return m_owner.link() == nullptr || m_owner.link()->isOver(); }
    bool isYoung() const;

    QString m_folder;
    bool m_endless;
    std::unique_ptr<chat::Person> m_person; // goes after m_owner
    Client m_owner;
    QTimer m_again; // for the owner's socket
    bool m_isOpen = false;
    bool m_ownerStays = false;
    QString m_end; // what was said last
    Instant m_since; // open(), then when the folder had this owner
};

} // namespace hawser::cli
