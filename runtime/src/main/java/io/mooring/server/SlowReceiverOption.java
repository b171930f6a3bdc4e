package io.mooring.server;

import io.mooring.api.SlowReceivers;
import io.mooring.api.SlowReceivers.Policy;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * {@code [NAME=]POLICY[:FRAMES[:SIZE]]}, as in {@code latest}, {@code ticker.*=latest}, {@code
 * chat.*=drop-oldest:100:256KiB}.
 *
 * @param pattern of topics; null: all that no other option names
 */
record SlowReceiverOption(String pattern, SlowReceivers slow) {
    private static final Pattern FORM =
        Pattern.compile("(?:([^=]+)=)?([a-z-]+)(?::(\\d{1,9})(?::(\\w+))?)?");

    /** From the command line. */
    static final class Converter implements ITypeConverter<SlowReceiverOption> {
        @Override
        public SlowReceiverOption convert(String value) {
            Matcher form = FORM.matcher(value);
            if (!form.matches()) {
                throw new TypeConversionException("\"" + value + "\" is not "
                    + "[NAME=]POLICY[:FRAMES[:SIZE]], such as latest or chat.*=drop-oldest:100");
            }
            int frames = form.group(3) == null ? SlowReceivers.FRAMES_DEFAULT
                : Integer.parseInt(form.group(3));
            int bytes = form.group(4) == null ? SlowReceivers.BYTES_DEFAULT
                : new Quantities.Size().convert(form.group(4));
            try {
                return new SlowReceiverOption(form.group(1),
                    new SlowReceivers(policy(form.group(2)), frames, bytes));
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException("\"" + value + "\": " + e.getMessage());
            }
        }

        private static Policy policy(String name) {
            return switch (name) {
                case "drop-newest", "drop-oldest", "latest", "close" ->
                    Policy.valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
                default -> throw new TypeConversionException("\"" + name
                    + "\" is no policy: choose drop-newest, drop-oldest, latest or close");
            };
        }
    }
}
