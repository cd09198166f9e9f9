// What of Swagger UI is used here; the package has no types of its own.
declare module 'swagger-ui-dist/swagger-ui-es-bundle.js' {
  interface SwaggerUIOptions {
    domNode: HTMLElement;
    url: string;
    presets: unknown[];
    layout: string;
    deepLinking: boolean;
    docExpansion: 'list' | 'full' | 'none';
    defaultModelExpandDepth: number;
    defaultModelsExpandDepth: number;
    displayRequestDuration: boolean;
    showExtensions: boolean;
    supportedSubmitMethods: string[];
    validatorUrl: string | null;
  }
  const SwaggerUI: { (options: SwaggerUIOptions): void; presets: { apis: unknown } };
  export default SwaggerUI;
}
