package io.mooring.reactor;

/**
 * What is counted, per reactor; each with its OpenMetrics name (without {@code mooring_} and {@code
 * _total}) and help.
 */
public enum Counter {
    ACCEPTED("connections_accepted", "Connections taken from the listener"),
    UPGRADED("connections_upgraded", "WebSocket handshakes completed"),
    CLOSED("connections_closed", "Connections closed, for whatever reason"),
    REFUSED_FULL("connections_refused_full", "Connections answered 503: --max-connections reached"),
    REFUSED_ADDRESS("connections_refused_address",
        "Connections answered 429: --max-connections-per-address reached"),
    REFUSED_CUT("connections_refused_cut",
        "Of those refused: cut without an answer, too many were being told"),
    REFUSED_MEMORY("connections_refused_memory",
        "Connections answered 503: the machine's memory has reached the reserve"),
    REFUSED_CGROUP("connections_refused_cgroup",
        "Connections answered 503: the control group's memory has reached the reserve"),
    REFUSED_TCP_MEMORY("connections_refused_tcp_memory",
        "Connections answered 503: TCP memory was past the pressure mark of tcp_mem for half a "
            + "second"),
    ACCEPT_ERRORS("accept_errors", "Accepts that failed (no memory, no file); tried again later"),
    HTTP_REQUESTS("http_requests", "Plain HTTP requests answered"),
    HTTP_BODIES_TOO_BIG("http_bodies_too_big",
        "Requests answered 413: the body is longer than its path takes"),
    ORIGINS_REFUSED("origins_refused",
        "Requests answered 403: a page of another origin made a browser send them"),
    ANSWERS_REFUSED("http_answers_refused",
        "Requests answered 503: too many others were waiting for their answer"),
    ANSWERS_TIMED_OUT("http_answers_timed_out",
        "Requests answered 504: their handler had not answered in time"),
    ANSWERS_DROPPED("http_answers_dropped",
        "Answers that came when the peer was gone or had been told that it took too long"),
    HANDSHAKE_REJECTED("handshakes_rejected", "Requests answered with an HTTP error"),
    HANDSHAKE_TIMEOUT("handshakes_timed_out", "Requests not complete in time, answered 408"),
    BYTES_RECEIVED("received_bytes", "Bytes received"),
    BYTES_SENT("sent_bytes", "Bytes handed to the kernel"),
    MESSAGES_RECEIVED("messages_received", "Whole WebSocket messages received"),
    MESSAGES_SENT("messages_sent", "WebSocket messages accepted for sending"),
    PINGS_RECEIVED("pings_received", "Pings received, answered unless we are closing"),
    PINGS_SENT("pings_sent", "Pings sent to quiet connections"),
    PONGS_RECEIVED("pongs_received", "Pongs received"),
    PROTOCOL_ERRORS("protocol_errors", "Connections failed with 1002: RFC 6455 violated"),
    INVALID_UTF8("invalid_utf8", "Connections failed with 1007: text that is not UTF-8"),
    MESSAGES_TOO_BIG("messages_too_big", "Connections failed with 1009: --max-message exceeded"),
    POLICY_VIOLATIONS("policy_violations", "Connections failed with 1008: too many fragments"),
    IDLE_CLOSED("idle_closed", "Connections closed: nothing heard for --idle-timeout"),
    CLOSE_TIMEOUT("close_timeouts", "Connections cut: the peer did not end its side in time"),
    HANDLER_ERRORS("handler_errors",
        "Handler calls that threw (the peer is told 1011 or 500), and commands"),
    TURNS("turns", "Turns of the reactor's loop; one that stands still is stuck or asleep"),
    ENTERS("enters", "io_uring_enter calls"),
    ENTER_RETRIES("enter_retries", "io_uring_enter calls that ended with EINTR, EAGAIN or EBUSY"),
    COMPLETIONS("completions", "Completions handled"),
    COMPLETION_OVERFLOWS("completion_overflows",
        "Turns in which completions waited in the kernel: the completion queue was full"),
    SIGNALS_MISSED("ring_signals_missed",
        "Sleeps after which another of the reactor's rings had work of which no signal told"),
    STALE_COMPLETIONS("stale_completions",
        "Completions of a connection that is gone; a defect if it grows"),
    SUBMISSION_FULL("submission_queue_full",
        "Turns cut short because the submission queue was full; the work went on in the next"),
    BUFFERS_EXHAUSTED("receive_buffers_exhausted",
        "Receives that found no buffer (ENOBUFS) and were tried again"),
    SHORT_SENDS("short_sends", "Sends that did not fit the socket buffer; the rest was queued"),
    READS_PAUSED("reads_paused", "Times a connection was not read because its output was behind"),
    SPILL_EXHAUSTED("spill_exhausted",
        "Connections closed, messages and requests refused: the spill pool was full"),
    RENEWALS("renewals",
        "Times all that waits in a ring was begun anew, so that the kernel lets go of closed "
            + "sockets (before Linux 6.13)"),
    PROMOTED("arming_promoted", "Connections promoted to multishot receive"),
    DEMOTED("arming_demoted", "Connections demoted to one-shot poll"),
    SUBSCRIPTIONS_REFUSED_LIMIT("subscriptions_refused_limit",
        "Topics not joined: the connection has joined as many as it may"),
    SUBSCRIPTIONS_REFUSED_MEMORY("subscriptions_refused_memory",
        "Topics not joined: memory or numbers for topics used up, or a name longer than 1,024 B"),
    PUBLISHERS_HELD("publishers_held",
        "Times a connection was not read because it published faster than could be sent"),
    DELIVERED("frames_delivered", "Published frames that went to the kernel whole, at once"),
    ZERO_COPY("frames_zero_copy",
        "Published frames that went out by zero-copy, whole or in part: --zero-copy-from"),
    ZERO_COPY_COPIED("frames_zero_copy_copied",
        "Of those: copied by the kernel after all, a loss (known from Linux 6.2 on)"),
    QUEUED("frames_queued", "Published frames queued, whole or in part, for receivers behind"),
    DROPPED("frames_dropped", "Published frames dropped for receivers behind: --slow-receivers"),
    EVICTED("frames_evicted",
        "Published frames dropped from receivers' backlogs to make room for newer ones"),
    SLOW_CLOSED("slow_receivers_closed", "Connections closed with 1013: too far behind a topic"),
    BROADCASTS_PACED("broadcasts_paced",
        "Turns in which published frames waited for receivers to read, for memory, or for "
            + "--broadcast-rate");

    private final String metric;
    private final String help;

    Counter(String metric, String help) {
        this.metric = metric;
        this.help = help;
    }

    public String metric() {
        return metric;
    }

    public String help() {
        return help;
    }
}
