package io.mooring.server;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.function.IntConsumer;

/**
 * Signal handlers. {@code sun.misc.Signal} has no successor, and javac warns of it in a way that
 * cannot be turned off where warnings are errors; so it is reached by reflection. A shutdown hook
 * would not do: the JVM exits with 143 after one, and lets no second signal through while it runs.
 */
final class Signals {
    private Signals() {
    }

    /**
     * Calls {@code handler} with the signal's number, on a thread of its own, each time {@code
     * name} arrives.
     */
    static void handle(String name, IntConsumer handler) {
        try {
            Class<?> signalClass = Class.forName("sun.misc.Signal");
            Class<?> handlerClass = Class.forName("sun.misc.SignalHandler");
            Object signal = signalClass.getConstructor(String.class).newInstance(name);
            Method getNumber = signalClass.getMethod("getNumber");
            Object proxy = Proxy.newProxyInstance(Signals.class.getClassLoader(),
                new Class<?>[] {handlerClass}, (self, method, args) -> {
                    if (method.getName().equals("handle")) {
                        handler.accept((int) getNumber.invoke(args[0]));
                    }
                    return null;
                });
            signalClass.getMethod("handle", signalClass, handlerClass).invoke(null, signal, proxy);
        } catch (InvocationTargetException e) {
            throw new IllegalStateException("cannot handle SIG" + name, e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this JVM has no sun.misc.Signal", e);
        }
    }
}
