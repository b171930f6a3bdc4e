package io.mooring.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RoutesTest {
    private static final HttpPostHandler POST = (connections, request, body, exchange) -> { };
    private static final HttpPostHandler OTHER = (connections, request, body, exchange) -> { };

    @Test
    void oneOfEachMayShareAPath() {
        Routes routes = Routes.builder().webSocket("/a/*", Connections::send)
            .post("/a/*", POST).http("/a/b", request -> null).build();
        assertThat(routes.find("/a/b")).isZero();
        assertThat(routes.post("/a/b").handler()).isSameAs(POST);
        assertThat(routes.http("/a/b")).isNotNull();
        assertThat(routes.http("/a/c")).isNull();
        assertThat(routes.post("/a/")).isNull();
        assertThat(routes.post("/a")).isNull();
        assertThat(routes.post("/b")).isNull();
    }

    @Test
    void aReadIsAnsweredAtOnceOrLater() {
        Routes.Builder builder = Routes.builder().http("/a", request -> null)
            .httpLater("/b", (request, exchange) -> { });
        assertThat(builder.hasHttp("/a")).isTrue();
        assertThat(builder.hasHttp("/b")).isTrue();
        assertThat(builder.hasHttp("/c")).isFalse();
        Routes routes = builder.build();
        assertThat(routes.http("/a").later()).isNull();
        assertThat(routes.http("/b").now()).isNull();
        assertThatThrownBy(() -> builder.httpLater("/a", (request, exchange) -> { }))
            .isInstanceOf(IllegalArgumentException.class).hasMessage("path given twice: /a");
    }

    @Test
    void exactPathsFirstThenTheLongestPrefix() {
        Routes routes = Routes.builder().post("/*", OTHER).post("/a/*", POST).post("/a/b/*", OTHER)
            .post("/a/x", 7, OTHER).build();
        assertThat(routes.post("/a/c").handler()).isSameAs(POST);
        assertThat(routes.post("/a/b").handler()).isSameAs(POST);
        assertThat(routes.post("/a/b/c").handler()).isSameAs(OTHER);
        assertThat(routes.post("/z").handler()).isSameAs(OTHER);
        assertThat(routes.post("/a/x").bodyBytesMax()).isEqualTo(7);
        assertThat(routes.post("/a/c").bodyBytesMax()).as("the server's").isEqualTo(-1);
    }

    @Test
    void whatIsBuiltDoesNotChange() {
        Routes.Builder builder = Routes.builder();
        Routes before = builder.build();
        builder.post("/a", POST).webSocket("/a", Connections::send).http("/a", request -> null);
        assertThat(before.post("/a")).isNull();
        assertThat(before.find("/a")).isNegative();
        assertThat(before.http("/a")).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/a", "/a/*", "/*"})
    void aPathThatIsTakenIsRefused(String path) {
        Routes.Builder builder = Routes.builder().post(path, POST);
        assertThatThrownBy(() -> builder.post(path, OTHER))
            .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("twice");
        assertThatThrownBy(() -> builder.post(path.substring(1), OTHER))
            .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("starts with");
    }

    @Test
    void aLimitThatIsNoneIsRefused() {
        for (int bytes : new int[] {-1, (256 << 20) + 1}) {
            assertThatThrownBy(() -> Routes.builder().post("/a", bytes, POST))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("" + bytes);
        }
    }
}
