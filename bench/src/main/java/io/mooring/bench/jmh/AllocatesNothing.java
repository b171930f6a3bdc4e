package io.mooring.bench.jmh;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A promise of the data path: no byte on the heap for each operation. Checked in every run. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@interface AllocatesNothing {
}
