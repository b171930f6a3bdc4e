/*
 * Opens connections, with or without the WebSocket handshake, and holds them in silence.
 *
 *   idle_hold -p PORT [-h HOST] [-u PATH]     (no -u: bare TCP, no handshake)
 *
 * Commands on standard input, each answered by one line:
 *   grow N    opens connections until N are open   -> "open N"
 *   close     resets them all (no TIME_WAIT)       -> "open 0"
 * The end of the input, or a signal, ends the program; the kernel then closes what is open.
 */
#include "common.h"

static const char *host = "127.0.0.1", *path;
static int port;
static int *fds;
static long open_count, fds_max;

static void grow(long target) {
    if (target > fds_max) die("at most %ld connections fit the hard limit of open files", fds_max);
    while (open_count < target) {
        int fd = connect_nth(host, port, open_count);
        if (path) handshake(fd, host, port, path);
        fds[open_count++] = fd;
    }
}

static void reset_all(void) {
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    while (open_count > 0) {
        int fd = fds[--open_count];
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(fd);
    }
}

int main(int argc, char **argv) {
    int option;
    while ((option = getopt(argc, argv, "h:p:u:")) != -1) {
        if (option == 'h') host = optarg;
        else if (option == 'p') port = (int) number_option('p', optarg, 1, 65535);
        else if (option == 'u') path = optarg;
        else exit(2);
    }
    if (!port) die("usage: idle_hold -p PORT [-h HOST] [-u PATH]");
    fds_max = (long) raise_nofile() - 16;
    fds = calloc((size_t) fds_max, sizeof *fds);
    if (!fds) die("no memory");
    char line[64];
    long target;
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "grow %ld", &target) == 1) grow(target);
        else if (!strncmp(line, "close", 5)) reset_all();
        else die("unknown command: %s", line);
        printf("open %ld\n", open_count);
        fflush(stdout);
    }
    return 0;
}
