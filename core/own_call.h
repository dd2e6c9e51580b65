#pragma once

#include "core/commands.h"
#include "core/connection.h"

namespace hawser {

/// A call of this very program's Commands for somebody who is not connected now: he wrote, and it came by mail (docs/protocol.md
/// §17.11). Handlers see a call like any other, with credit for what they say; it comes over a link in memory.
class OwnCall : public QObject {
    Q_OBJECT

public:
    /// \param commands  outlives this   \param caller  what its handler is told of who calls
    OwnCall(Commands &commands, const Caller &caller, const QString &name, const Value &parameters,
        QObject *parent = nullptr);
    ~OwnCall() override;

    /// Its `received` and `finished` tell what comes of it. Inside them this may go by deleteLater() only.
    Call *call() const { return m_call; }

private:
    struct End {
        std::unique_ptr<Link> link;
        std::unique_ptr<Connection> connection; // goes first
    };
    static void join(End &end, const LinkSettings &settings);

    End m_near;
    End m_far;
    QPointer<Call> m_call;
};

} // namespace hawser
