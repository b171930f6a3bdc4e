package io.mooring.reactor;

import java.nio.charset.StandardCharsets;

final class Texts {
    private Texts() {
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
