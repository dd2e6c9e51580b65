#include "core/device.h"
#include "core/folders.h"
#include "nodeagent/verbs.h"

#include <QSysInfo>

namespace hawser::node {

Result<Self> loadSelf(const QString &folder, const Config &config)
{
    if (const Result<void> made = makePrivateFolder(folder); !made)
        return made.error();
    const Result<Identity> identity = Identity::load(folder);
    if (!identity)
        return identity.error();
    const Result<QByteArray> device = loadDevice(folder);
    if (!device)
        return device.error();
    Profile profile;
    profile.role = Role::Node;
    profile.host = QSysInfo::machineHostName();
    profile.name = config.name.isEmpty() ? profile.host : config.name;
    profile.program = QStringLiteral("hawser-nodeagent " HAWSER_VERSION);
    profile.device = *device;
    profile.session = randomBytes(8);
    return Self { *identity, profile, folder };
}

} // namespace hawser::node
