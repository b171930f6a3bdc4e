/*
 * A server that accepts and does nothing more: one descriptor per connection, nothing armed,
 * nothing read. Its kernel memory is the floor that `idle` subtracts from an engine's.
 */
#include "common.h"

int main(int argc, char **argv) {
    const char *host = "0.0.0.0";
    int port = 0, option;
    while ((option = getopt(argc, argv, "h:p:")) != -1) {
        if (option == 'h') host = optarg;
        else if (option == 'p') port = (int) number_option('p', optarg, 0, 65535);
        else exit(2);
    }
    raise_nofile();
    int listener = listen_on(host, port);
    for (;;) {
        if (accept4(listener, NULL, NULL, SOCK_CLOEXEC) < 0 && errno != EINTR
                && errno != ECONNABORTED)
            die("accept: %s", strerror(errno));
    }
}
