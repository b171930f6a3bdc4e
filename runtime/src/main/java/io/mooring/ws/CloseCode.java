package io.mooring.ws;

/** The status codes of a close frame (RFC 6455, 7.4, and the IANA registry that 11.7 set up). */
public final class CloseCode {
    /** The purpose of the connection is fulfilled. */
    public static final int NORMAL = 1000;
    /** The endpoint goes away: a server shuts down, a browser leaves the page. */
    public static final int GOING_AWAY = 1001;
    /** The peer broke the framing rules. */
    public static final int PROTOCOL_ERROR = 1002;
    /** The peer sent a kind of data (text, binary) that this endpoint does not take. */
    public static final int UNSUPPORTED_DATA = 1003;
    /** Never on the wire: the close frame carried no code. */
    public static final int NO_STATUS = 1005;
    /** Never on the wire: the connection ended without a close frame. */
    public static final int ABNORMAL = 1006;
    /** Text that is not UTF-8 (8.1). */
    public static final int INVALID_PAYLOAD = 1007;
    /** A message that breaks the endpoint's policy, where no other code fits. */
    public static final int POLICY_VIOLATION = 1008;
    /** A message larger than the endpoint takes. */
    public static final int MESSAGE_TOO_BIG = 1009;
    /** A client's: the server did not negotiate an extension that the client needs. */
    public static final int MANDATORY_EXTENSION = 1010;
    /** The server met a condition that it did not expect. */
    public static final int INTERNAL_ERROR = 1011;
    /** The server restarts; come back after a random delay. */
    public static final int SERVICE_RESTART = 1012;
    /** The server is overloaded; come back later or elsewhere. */
    public static final int TRY_AGAIN_LATER = 1013;
    /** A gateway got an invalid answer from the server behind it. */
    public static final int BAD_GATEWAY = 1014;
    /** Never on the wire: the TLS handshake failed. */
    public static final int TLS = 1015;

    private CloseCode() {
    }

    /**
     * True if a close frame may carry {@code code} (7.4.1, 7.4.2): 1000 to 1003, 1007 to 1014, the
     * registered range 3000 to 3999 and the private one 4000 to 4999.
     */
    public static boolean validOnWire(int code) {
        return code >= NORMAL && code <= UNSUPPORTED_DATA
                || code >= INVALID_PAYLOAD && code <= BAD_GATEWAY
                || code >= 3000 && code <= 4999;
    }
}
