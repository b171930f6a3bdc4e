/*
 * Reads back what a server has set on its sockets, by the kernel's own account (sock_diag(7)) of
 * the server's end of a connection; no descriptor of the server is needed, for it may have none.
 *
 *   tcp_probe -p PORT [-h HOST] [-u PATH] [-t]
 *
 * PATH sends each message back; with -t it sends it to all the others.
 *
 * No account tells of TCP_NODELAY, so we see for ourselves: a filter on our socket drops what
 * comes, so that the server's first small frame stays unacknowledged, and we have it write a second
 * one. With TCP_NODELAY both are on their way; without it (RFC 896) the second waits for the first.
 *
 * Prints one line of JSON. `plain` is the same account of a socket that nobody has set anything on.
 */
#include "common.h"
#include <linux/filter.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>

#define PAYLOAD 16u
#define FRAME_OUT (2u + PAYLOAD)
#define WAIT_NS 5000000000ull
#define SETTLE_US 5000
#define LISTEN_STATE 10

struct account {
    unsigned unacked, queued, receive_buffer, send_buffer;
    char congestion[16];
};

static int diag;

static void *ask(struct inet_diag_req_v2 *request, int dump, char *answer, size_t size,
                 size_t *length) {
    struct {
        struct nlmsghdr head;
        struct inet_diag_req_v2 body;
    } message = {
        .head = {.nlmsg_len = sizeof message, .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                 .nlmsg_flags = (uint16_t) (NLM_F_REQUEST | (dump ? NLM_F_DUMP : 0))},
        .body = *request,
    };
    if (send(diag, &message, sizeof message, 0) < 0) die("sock_diag: %s", strerror(errno));
    ssize_t n = recv(diag, answer, size, 0);
    if (n < 0) die("sock_diag: %s", strerror(errno));
    *length = (size_t) n;
    return answer;
}

/* The account of the socket whose own address is `own` and whose peer's is `peer`; 0: none. */
static int account_of(const struct sockaddr_in *own, const struct sockaddr_in *peer,
                      struct account *to) {
    static char answer[16384];
    size_t length;
    struct inet_diag_req_v2 request = {
        .sdiag_family = AF_INET, .sdiag_protocol = IPPROTO_TCP, .idiag_states = ~0u,
        .idiag_ext = 1 << (INET_DIAG_INFO - 1) | 1 << (INET_DIAG_SKMEMINFO - 1)
                   | 1 << (INET_DIAG_CONG - 1),
        .id = {.idiag_sport = own->sin_port, .idiag_dport = peer->sin_port,
               .idiag_src = {own->sin_addr.s_addr}, .idiag_dst = {peer->sin_addr.s_addr},
               .idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}},
    };
    struct nlmsghdr *head = ask(&request, 0, answer, sizeof answer, &length);
    if (!NLMSG_OK(head, length) || head->nlmsg_type == NLMSG_ERROR) return 0;
    struct inet_diag_msg *body = NLMSG_DATA(head);
    *to = (struct account) {.queued = body->idiag_wqueue};
    int left = (int) (head->nlmsg_len - NLMSG_LENGTH(sizeof *body));
    for (struct rtattr *a = (struct rtattr *) (body + 1); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
        if (a->rta_type == INET_DIAG_INFO) {
            struct tcp_info info = {0};
            size_t have = RTA_PAYLOAD(a);
            memcpy(&info, RTA_DATA(a), have < sizeof info ? have : sizeof info);
            to->unacked = info.tcpi_unacked;
        } else if (a->rta_type == INET_DIAG_SKMEMINFO) {
            const uint32_t *memory = RTA_DATA(a);
            to->receive_buffer = memory[SK_MEMINFO_RCVBUF];
            to->send_buffer = memory[SK_MEMINFO_SNDBUF];
        } else if (a->rta_type == INET_DIAG_CONG) {
            snprintf(to->congestion, sizeof to->congestion, "%.15s", (char *) RTA_DATA(a));
        }
    }
    return 1;
}

/* How many connections the listener at `port` lets wait; 0: there is none. */
static unsigned backlog_of(int port) {
    static char answer[65536];
    unsigned backlog = 0;
    for (int family = AF_INET; ; family = AF_INET6) {
        struct inet_diag_req_v2 request = {.sdiag_family = (uint8_t) family,
            .sdiag_protocol = IPPROTO_TCP, .idiag_states = 1u << LISTEN_STATE};
        size_t length;
        struct nlmsghdr *head = ask(&request, 1, answer, sizeof answer, &length);
        for (int more = 1; more; ) {
            for (; NLMSG_OK(head, length); head = NLMSG_NEXT(head, length)) {
                struct inet_diag_msg *body = NLMSG_DATA(head);
                if (head->nlmsg_type == NLMSG_DONE || head->nlmsg_type == NLMSG_ERROR) more = 0;
                else if (ntohs(body->id.idiag_sport) == port) backlog = body->idiag_wqueue;
            }
            if (!more) break;
            ssize_t n = recv(diag, answer, sizeof answer, 0);
            if (n <= 0) break;
            head = (struct nlmsghdr *) answer;
            length = (size_t) n;
        }
        if (family == AF_INET6) return backlog;
    }
}

/* The server's end of our connection `fd`. */
static void server_end(int fd, struct account *to) {
    struct sockaddr_in ours, theirs;
    socklen_t length = sizeof ours;
    getsockname(fd, (struct sockaddr *) &ours, &length);
    getpeername(fd, (struct sockaddr *) &theirs, &length);
    if (!account_of(&theirs, &ours, to)) die("the kernel has no account of the server's socket");
}

static void send_message(int fd) {
    char frame[6 + PAYLOAD] = {(char) 0x82, (char) (0x80 | PAYLOAD)};
    if (send(fd, frame, sizeof frame, MSG_NOSIGNAL) != sizeof frame)
        die("send: %s", strerror(errno));
}

static struct account when_queued(int fd, unsigned bytes) {
    struct account account = {0};
    uint64_t start = now_ns();
    do {
        server_end(fd, &account);
        if (account.queued >= bytes) return account;
        usleep(100);
    } while (now_ns() - start < WAIT_NS);
    die("the server answers with %u bytes where %u were expected", account.queued, bytes);
}

static int has_no_delay(int fd, int sender) {
    struct sock_filter drop = {BPF_RET | BPF_K, 0, 0, 0};
    struct sock_fprog program = {1, &drop};
    if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0)
        die("filter: %s", strerror(errno));
    send_message(sender);
    when_queued(fd, FRAME_OUT);
    send_message(sender);
    when_queued(fd, 2 * FRAME_OUT);
    usleep(SETTLE_US);                  /* queued first, then sent; a probe of loss comes later */
    struct account account;
    server_end(fd, &account);
    return account.unacked >= 2;
}

static void plain(struct account *to) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *) &at, sizeof at) < 0
            || listen(listener, 1) < 0)
        die("a plain listener: %s", strerror(errno));
    getsockname(listener, (struct sockaddr *) &at, &length);
    int client = connect_nth("127.0.0.1", ntohs(at.sin_port), 0), server = accept(listener, 0, 0);
    char text[200] = {0};
    if (server < 0 || send(client, text, sizeof text, 0) < 0
            || recv(server, text, sizeof text, 0) < 0
            || send(server, text, sizeof text, 0) < 0 || recv(client, text, sizeof text, 0) < 0)
        die("a plain connection: %s", strerror(errno));
    server_end(client, to);
    close(server);
    close(client);
    close(listener);
}

int main(int argc, char **argv) {
    const char *host = "127.0.0.1", *path = "/echo";
    int port = 0, topic = 0, option;
    while ((option = getopt(argc, argv, "h:p:u:t")) != -1) {
        if (option == 'h') host = optarg;
        else if (option == 'p') port = (int) number_option('p', optarg, 1, 65535);
        else if (option == 'u') path = optarg;
        else if (option == 't') topic = 1;
        else exit(2);
    }
    if (!port) die("usage: tcp_probe -p PORT [-h HOST] [-u PATH] [-t]");
    diag = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (diag < 0) die("sock_diag: %s", strerror(errno));
    struct account fresh, usual;
    int fd = connect_nth(host, port, 0), sender = topic ? connect_nth(host, port, 0) : fd;
    handshake(fd, host, port, path);
    if (topic) handshake(sender, host, port, path);
    server_end(fd, &fresh);
    plain(&usual);
    unsigned backlog = backlog_of(port);
    printf("{\"no_delay\":%s,\"backlog\":%u,\"receive_buffer\":%u,\"send_buffer\":%u,"
           "\"congestion\":\"%s\",\"plain\":{\"receive_buffer\":%u,\"send_buffer\":%u,"
           "\"congestion\":\"%s\"}}\n",
           has_no_delay(fd, sender) ? "true" : "false", backlog, fresh.receive_buffer,
           fresh.send_buffer, fresh.congestion, usual.receive_buffer, usual.send_buffer,
           usual.congestion);
    return 0;
}
