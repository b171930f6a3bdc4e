package io.mooring.ws;

import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Whose pages may make a browser send requests here (RFC 6454). A browser sends what a page of any
 * site asks of it, to a loopback or company address too, and says in {@code Origin} whose page it
 * was. A request without that header is from no browser. Immutable.
 *
 * <p>A page is at home here if its host and port are those that the request is for. That this name
 * is really ours nobody checks: a site whose name is made to lead here (DNS rebinding) passes.
 */
public final class OriginPolicy {
    /** Allows only pages from here. */
    public static final OriginPolicy SAME_HOST = new OriginPolicy(Set.of(), false);

    private static final String ANY = "*";
    private static final Pattern ORIGIN =
            Pattern.compile("([a-z][a-z0-9+.-]*)://([^/?#@\\s,]+)");

    private final Set<String> allowed;
    private final boolean any;

    private OriginPolicy(Set<String> allowed, boolean any) {
        this.allowed = allowed;
        this.any = any;
    }

    /**
     * The same, and pages of {@code origin} too.
     *
     * @param origin as browsers write it, "https://example.com" or "http://10.0.0.5:8080"; "*": any
     * @throws IllegalArgumentException if it is neither
     */
    public OriginPolicy and(String origin) {
        if (origin.equals(ANY)) {
            return new OriginPolicy(allowed, true);
        }
        String normal = normal(origin);
        if (normal == null) {
            throw new IllegalArgumentException("allowOrigin is " + origin
                    + ": use * or scheme://host[:port], such as https://example.com");
        }
        Set<String> more = new TreeSet<>(allowed);
        more.add(normal);
        return new OriginPolicy(Set.copyOf(more), any);
    }

    /** Whether others than pages from here were allowed. */
    public boolean allowsOthers() {
        return any || !allowed.isEmpty();
    }

    /**
     * Whether a request may be acted on.
     *
     * @param origin the value of its Origin header; null: it has none
     * @param host the value of its Host header; null: it has none
     */
    public boolean allows(String origin, String host) {
        return origin == null || isSameHost(origin, host) || allowsOther(origin);
    }

    /** Whether pages of {@code origin} were allowed by name, or all were. */
    public boolean allowsOther(String origin) {
        return any || allowed.contains(String.valueOf(normal(origin)));
    }

    /** By host and port: Host does not tell the scheme, so that is left out of account. */
    private static boolean isSameHost(String origin, String host) {
        String normal = normal(origin);
        if (normal == null || host == null) {
            return false; // "null" is a page in a sandbox, from a file, or after a redirect
        }
        int end = normal.indexOf("://");
        return normal.substring(end + 3)
                .equals(authority(normal.substring(0, end), host.toLowerCase(Locale.ROOT)));
    }

    /** In lower case, without the scheme's own port; null if it is no origin. */
    private static String normal(String origin) {
        var parts = ORIGIN.matcher(origin.toLowerCase(Locale.ROOT));
        return parts.matches()
                ? parts.group(1) + "://" + authority(parts.group(1), parts.group(2)) : null;
    }

    private static String authority(String scheme, String hostAndPort) {
        String port = switch (scheme) {
            case "http" -> ":80";
            case "https" -> ":443";
            default -> ":";
        };
        return hostAndPort.endsWith(port)
                ? hostAndPort.substring(0, hostAndPort.length() - port.length()) : hostAndPort;
    }
}
