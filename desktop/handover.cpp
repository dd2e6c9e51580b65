#include "desktop/handover.h"

#include "core/client.h"
#include "core/contracts/control.h"
#include "core/folders.h"

namespace hawser::desktop {

void handOver(
    const QString &folder, const QString &link, QObject *context, std::function<void(const Result<void> &)> done)
{
    const auto path = controlSocketPath(folder);
    if (!path)
        return done(path.error());
    auto *client = new Client(Identity::generate(), {}, context); // a control socket asks for no identity
    const auto finish = [client, done = std::move(done)](const Result<void> &result) {
        client->disconnect();
        client->deleteLater();
        done(result);
    };
    QObject::connect(client, &Client::failed, context, [finish](const Error &why) { finish(why); });
    QObject::connect(client, &Client::ready, context, [client, link, context, finish] {
        client->call<contracts::ShowWindow>({}, { link }, context, [finish](const Result<contracts::Nothing> &shown) {
            finish(shown ? Result<void>() : Result<void>(shown.error()));
        });
    });
    client->connectToLocal(*path);
}

} // namespace hawser::desktop
