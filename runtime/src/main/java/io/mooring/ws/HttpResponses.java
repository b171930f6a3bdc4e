package io.mooring.ws;

import java.nio.charset.StandardCharsets;

/** Builds whole HTTP/1.1 responses; see {@link Handshake#httpResponse}. */
final class HttpResponses {
    private HttpResponses() {
    }

    static byte[] build(int status, String contentType, byte[] body, String... extraHeaderLines) {
        StringBuilder head = new StringBuilder(256);
        head.append("HTTP/1.1 ").append(status).append(' ').append(reason(status)).append("\r\n");
        if (contentType != null) {
            line(head, "Content-Type: " + contentType);
        }
        if (status != 204 && status != 304) {
            line(head, "Content-Length: " + body.length);
        } else if (body.length != 0) {
            throw new IllegalArgumentException(status + " has no body: use 200 for " + body.length
                    + " bytes");
        }
        if (status == 426) {
            // RFC 9110, 15.5.22: must name the protocol; 7.8: Upgrade must be listed in Connection.
            line(head, "Upgrade: websocket");
            line(head, "Connection: Upgrade, close");
            if (!names(extraHeaderLines, "Sec-WebSocket-Version")) {
                line(head, "Sec-WebSocket-Version: 13");
            }
        } else {
            line(head, "Connection: close");
        }
        if (status == 405 && !names(extraHeaderLines, "Allow")) {
            line(head, "Allow: GET"); // RFC 9110, 15.5.6: a 405 must say what is allowed
        }
        for (String extra : extraHeaderLines) {
            line(head, extra);
        }
        byte[] headBytes = head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
        byte[] response = new byte[headBytes.length + body.length];
        System.arraycopy(headBytes, 0, response, 0, headBytes.length);
        System.arraycopy(body, 0, response, headBytes.length, body.length);
        return response;
    }

    private static void line(StringBuilder head, String line) {
        for (int i = 0; i < line.length(); i++) {
            if (line.charAt(i) < ' ' && line.charAt(i) != '\t') {
                throw new IllegalArgumentException("control character in the header line \""
                        + line.replaceAll("\\p{Cntrl}", "?") + "\": pass one header a line,"
                        + " without its line break");
            }
        }
        head.append(line).append("\r\n");
    }

    private static boolean names(String[] lines, String name) {
        for (String line : lines) {
            if (line.length() > name.length() && line.charAt(name.length()) == ':'
                    && line.regionMatches(true, 0, name, 0, name.length())) {
                return true;
            }
        }
        return false;
    }

    /** Empty for a status this server does not use: HTTP lets the phrase be absent. */
    private static String reason(int status) {
        return switch (status) {
            case 200 -> "OK";
            case 201 -> "Created";
            case 202 -> "Accepted";
            case 204 -> "No Content";
            case 400 -> "Bad Request";
            case 401 -> "Unauthorized";
            case 403 -> "Forbidden";
            case 404 -> "Not Found";
            case 405 -> "Method Not Allowed";
            case 408 -> "Request Timeout";
            case 409 -> "Conflict";
            case 411 -> "Length Required";
            case 413 -> "Content Too Large";
            case 414 -> "URI Too Long";
            case 415 -> "Unsupported Media Type";
            case 417 -> "Expectation Failed";
            case 422 -> "Unprocessable Content";
            case 426 -> "Upgrade Required";
            case 429 -> "Too Many Requests";
            case 431 -> "Request Header Fields Too Large";
            case 500 -> "Internal Server Error";
            case 501 -> "Not Implemented";
            case 503 -> "Service Unavailable";
            case 504 -> "Gateway Timeout";
            case 505 -> "HTTP Version Not Supported";
            default -> "";
        };
    }
}
