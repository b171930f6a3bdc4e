package io.mooring.kernel.plan;

import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** What is typed, with a word on how it should be. */
final class Typed {

    private Typed() {
    }

    /** {@code 1000000}, {@code 1,000,000}. */
    static final class Count implements ITypeConverter<Long> {
        @Override
        public Long convert(String value) {
            try {
                return Long.valueOf(value.strip().replaceAll("(?<=\\d),(?=\\d{3})", ""));
            } catch (NumberFormatException e) {
                throw new TypeConversionException("'" + value
                        + "' is not a number such as 1000000");
            }
        }
    }

    /** {@code 0.5}, {@code 20}. */
    static final class Decimal implements ITypeConverter<Double> {
        @Override
        public Double convert(String value) {
            try {
                return Double.valueOf(value.strip());
            } catch (NumberFormatException e) {
                throw new TypeConversionException("'" + value
                        + "' is not a number such as 20 or 0.5");
            }
        }
    }

    /** What serves. */
    enum EngineName { IO_URING, EPOLL }

    /** {@code io_uring}, {@code epoll}. */
    static final class Engine implements ITypeConverter<EngineName> {
        @Override
        public EngineName convert(String value) {
            return switch (value.strip().toLowerCase(Locale.ROOT)) {
                case "io_uring" -> EngineName.IO_URING;
                case "epoll" -> EngineName.EPOLL;
                default -> throw new TypeConversionException("'" + value
                        + "' is neither io_uring nor epoll");
            };
        }
    }
}
