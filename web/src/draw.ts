/** Drawing outlines on the map. */
import Draw from 'ol/interaction/Draw';
import type Feature from 'ol/Feature';
import { map, marks, quietDoubleClick } from './map';

export type Kind = 'Point' | 'LineString' | 'Polygon';
let drawing: Draw | null = null;
let ended: (() => void) | null = null;
let quiet = false;

export const isDrawing = (): boolean => drawing !== null || quiet;

export function stopDrawing(): void {
  if (drawing) { map.removeInteraction(drawing); quietDoubleClick(false); }
  drawing = null;
  ended?.();
  ended = null;
}

/** Draws one outline; `done` gets it, `stop` is called when it ends either way. */
export function startDrawing(kind: Kind, done: (feature: Feature) => void, stop: () => void): void {
  stopDrawing();
  drawing = new Draw({ source: marks, type: kind });
  ended = stop;
  drawing.on('drawstart', () => marks.clear());
  drawing.on('drawend', (e) => {
    quiet = true; // the double click that ends it is no click on the map
    setTimeout(() => { quiet = false; }, 300);
    setTimeout(() => { stopDrawing(); done(e.feature); }, 0);
  });
  quietDoubleClick(true);
  map.addInteraction(drawing);
}

document.addEventListener('keydown', (e) => { if (e.key === 'Escape') stopDrawing(); });
