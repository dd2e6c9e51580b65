"""A host of this machine where nobody but this test listens: a port that is let go there stays free for it. At 127.0.0.1 another
test's connection may have it by then.
"""

import os

OWN_HOST = "127.77.{}.{}".format(*divmod(os.getpid() % 65536, 256))
