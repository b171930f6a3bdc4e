package io.mooring.kernel.plan;

import io.mooring.probe.source.ProcFs;
import io.mooring.probe.source.Reading;

/** How fast the device of the default route says it is. */
final class LinkSpeed {

    private static final long BITS_PER_MEGABIT = 1_000_000;

    private LinkSpeed() {
    }

    /** Bits a second; 0 with the reason where no device or no speed is known. */
    static Known ofDefaultRoute(ProcFs files) {
        String device = defaultDevice(files.read("proc/net/route").orElse(""));
        if (device == null) {
            return Known.assumed(0, "not known: there is no default route; give --link");
        }
        Reading<Long> speed = files.read("sys/class/net/" + device + "/speed")
                .map(text -> Long.parseLong(text.strip()));
        // A virtual device has none: -1, or EINVAL.
        if (!speed.isThere() || speed.value() <= 0) {
            return Known.assumed(0, "not known: " + device + " does not tell; give --link");
        }
        return Known.measured(speed.value() * BITS_PER_MEGABIT,
                "/sys/class/net/" + device + "/speed");
    }

    /** Columns: device, destination, gateway, ... in hexadecimal. */
    private static String defaultDevice(String routes) {
        for (String line : routes.split("\n")) {
            String[] words = line.strip().split("\\s+");
            if (words.length > 1 && words[1].equals("00000000")) {
                return words[0];
            }
        }
        return null;
    }
}
