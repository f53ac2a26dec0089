import { DataHoverClearEvent, DataHoverEvent, EventBus } from '@grafana/data';
import { useEffect, useRef, useState } from 'react';

/** Tells the other panels which moment is pointed at; undefined is none. */
export function useSendCrosshair(bus: EventBus | undefined, time: number | undefined) {
  const sent = useRef(false);
  useEffect(() => {
    if (time !== undefined) {
      bus?.publish(new DataHoverEvent({ point: { time } }));
      sent.current = true;
    } else if (sent.current) {
      bus?.publish(new DataHoverClearEvent());
      sent.current = false;
    }
  }, [bus, time]);
  useEffect(
    () => () => {
      if (sent.current) {
        bus?.publish(new DataHoverClearEvent());
      }
    },
    [bus]
  );
}

/** The moment that another panel points at. */
export function useCrosshair(bus: EventBus | undefined): number | undefined {
  const [time, setTime] = useState<number>();
  useEffect(() => {
    if (!bus) {
      return;
    }
    const mine = (event: { origin?: unknown }) => event.origin === bus;
    const hover = bus.getStream(DataHoverEvent).subscribe((event) => {
      const at = (event.payload.point as { time?: number | null }).time;
      if (!mine(event)) {
        setTime(at ?? undefined);
      }
    });
    const clear = bus.getStream(DataHoverClearEvent).subscribe((event) => {
      if (!mine(event)) {
        setTime(undefined);
      }
    });
    return () => {
      hover.unsubscribe();
      clear.unsubscribe();
    };
  }, [bus]);
  return time;
}
