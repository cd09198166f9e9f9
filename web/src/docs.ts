// The page of the API at /docs: the description that the gateway serves, as Swagger UI shows it.
// Nothing is sent from here: a request needs a signature, and its key stays with the merchant.
import './docs.css';

import SwaggerUI from 'swagger-ui-dist/swagger-ui-es-bundle.js';

const place = document.querySelector<HTMLElement>('#api')!;

SwaggerUI({
  domNode: place,
  url: place.dataset.description!,
  presets: [SwaggerUI.presets.apis],
  layout: 'BaseLayout',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelExpandDepth: 3,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: false,
  showExtensions: false,
  supportedSubmitMethods: [],
  validatorUrl: null, // or else the description is sent to somebody who checks it
});
