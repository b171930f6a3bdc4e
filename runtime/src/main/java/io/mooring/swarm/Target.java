package io.mooring.swarm;

import io.mooring.sys.Abi;
import io.mooring.sys.SetupException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.Locale;

/**
 * Whom to connect to.
 *
 * @param url as given
 * @param address the host's, the first where it has several
 * @param host value of the Host header
 * @param path with its query, percent-encoded
 */
public record Target(String url, InetAddress address, int port, String host, String path) {
    private static final int PORT_DEFAULT = 80;
    private static final int PORT_MAX = 65_535;

    /**
     * Understands a ws:// URL and looks its host up.
     *
     * @throws IllegalArgumentException what is wrong with the URL
     * @throws SetupException if there is no such host
     */
    public static Target parse(String url) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("'" + url + "' is no URL: " + e.getReason());
        }
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        if (scheme.equals("wss")) {
            throw new IllegalArgumentException("there is no TLS here: put a proxy that ends TLS "
                + "in front of the server's side, or one that begins it on this one, and give its "
                + "ws:// URL");
        }
        if (!scheme.equals("ws") || uri.getHost() == null) {
            throw new IllegalArgumentException("'" + url
                + "' is not a URL such as ws://127.0.0.1:9001/echo");
        }
        if (uri.getRawUserInfo() != null || uri.getRawFragment() != null) {
            throw new IllegalArgumentException("'" + url + "': a ws:// URL has no user and no #");
        }
        int port = uri.getPort() == -1 ? PORT_DEFAULT : uri.getPort();
        if (port < 1 || port > PORT_MAX) {
            throw new IllegalArgumentException("'" + url + "': a port is from 1 to 65535");
        }
        String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        if (uri.getRawQuery() != null) {
            path += "?" + uri.getRawQuery();
        }
        String host = uri.getHost() + (port == PORT_DEFAULT ? "" : ":" + port);
        URI ascii = URI.create(uri.resolve(path).toASCIIString());
        return new Target(url, lookUp(uri.getHost()), port, host,
            ascii.getRawPath() + (ascii.getRawQuery() == null ? "" : "?" + ascii.getRawQuery()));
    }

    private static InetAddress lookUp(String host) {
        try {
            return InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw new SetupException("no such host: " + host + "; give an address, or add it to "
                + "/etc/hosts");
        }
    }

    boolean isV4() {
        return address instanceof Inet4Address;
    }

    int family() {
        return isV4() ? Abi.AF_INET : Abi.AF_INET6;
    }
}
