/** What a page is: it fills its root and may answer with what is to be done when it is left. */
export interface Route { name: string; parts: string[]; query: URLSearchParams }
export type Page = (root: HTMLElement, route: Route) => Promise<(() => void) | void> | (() => void) | void;
