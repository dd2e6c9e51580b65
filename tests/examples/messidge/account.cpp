// messidge-account FOLDER: makes an identity there and prints its key, for whoever runs the broker.

#include "../say.h"

#include <core/identity.h>

using namespace hawser;

int main(int, char **argv)
{
    const Result<Identity> identity = Identity::load(QString::fromLocal8Bit(argv[1]));
    if (!identity)
        return complain(identity.error().sentence);
    say(identity->key().hex());
}
