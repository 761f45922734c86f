/** Types of the vendored templates, as far as these pages use them. */
export type Template = { readonly _template: unique symbol };
export type Directive = { readonly _directive: unique symbol };
export type Ref<T extends Element = Element> = { readonly value?: T };
export function html(strings: TemplateStringsArray, ...values: unknown[]): Template;
export function svg(strings: TemplateStringsArray, ...values: unknown[]): Template;
export function render(value: unknown, container: HTMLElement | DocumentFragment): unknown;
export const nothing: unique symbol;
export const noChange: unique symbol;
export function repeat<T>(
  items: Iterable<T>,
  key: (item: T, index: number) => unknown,
  template: (item: T, index: number) => unknown,
): Directive;
export function classMap(classes: Record<string, boolean>): Directive;
export function live(value: unknown): Directive;
export function ref(target: Ref | ((element?: Element) => void)): Directive;
export function createRef<T extends Element>(): Ref<T>;
export function ifDefined(value: unknown): unknown;
export function guard(dependencies: unknown, template: () => unknown): Directive;
